"""The story in three minutes, offline: an upstream, a registry that stands in front of it, and the stock clients."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import inspection
from stage import CLIENTS, ENTREPOT, HF, ROOT, LiveServer, note, python, run, say, surroundings, timed


def main() -> None:
    """Tell the story."""
    folder = Path(tempfile.mkdtemp(prefix="entrepot-demo-"))
    try:
        # The world outside scans nothing, and lets everything in.
        outside = LiveServer(folder / "upstream", scanning="off")
        with outside as upstream, LiveServer(folder / "registry", branch_seconds=1) as registry:
            upstream.api("POST", "/policies", {"text": 'name = "default"'})
            stock(folder, upstream)
            token = open_registry(upstream, registry)
            inspection.act(folder, registry, token)
            work(folder, upstream, registry, token)
            look_around(registry)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say("That was it. To have one of your own: make run")


def stock(folder: Path, upstream: LiveServer) -> None:
    """Fill the upstream."""
    say("An upstream: another Entrepot, with a few small models and a dataset made on the spot")
    where = surroundings(upstream, "models", upstream.token, folder / "author")
    with timed("made with safetensors, transformers and datasets"):
        run(
            [str(CLIENTS / "python"), "-W", "ignore", str(ROOT / "demo" / "goods.py"), str(folder / "goods")],
            where,
            shown="python demo/goods.py",
        )
    for name in ("tiny-embedder", "cargo-classifier"):
        run(
            [HF, "upload", f"harbor/{name}", str(folder / "goods" / name)],
            where,
            shown=f"hf upload harbor/{name} ./{name}",
        )
    contraband = [str(CLIENTS / "python"), str(ROOT / "demo" / "contraband.py"), str(folder / "contraband")]
    run(contraband, where, shown="python demo/contraband.py")
    for name in ("fast-bert", "sees-everything", "my-own"):
        run(
            [HF, "upload", f"mallory/{name}", str(folder / "contraband" / name)],
            where,
            shown=f"hf upload mallory/{name} ./{name}",
        )
    dataset = ["upload", "harbor/manifests", str(folder / "goods" / "manifests"), "--repo-type", "dataset"]
    run([HF, *dataset], where, shown="hf upload harbor/manifests ./manifests --repo-type dataset")


def open_registry(upstream: LiveServer, registry: LiveServer) -> str:
    """Set up a registry in front of it; the token of somebody who works with it."""
    say("A registry in front of it: a remote repository, and a virtual one that joins it with our own models")
    where = surroundings(registry, "hub", registry.token, registry.data / "admin")
    remote = ["--kind", "remote", "--upstream", upstream.endpoint("models"), "--upstream-token", upstream.token]
    note(
        run(
            [ENTREPOT, "repo", "create", "outside", *remote],
            where,
            shown="entrepot repo create outside --kind remote --upstream …",
        )
    )
    members = ["--kind", "virtual", "--member", "models", "--member", "outside", "--deploy-to", "models"]
    note(run([ENTREPOT, "repo", "create", "all", *members], where))
    scope = ["--user", "ada", "--scope", "all:read,write", "--days", "7"]
    return run([ENTREPOT, "token", "create", "laptop", *scope], where)


def work(folder: Path, upstream: LiveServer, registry: LiveServer, token: str) -> None:
    """What people do all day, with the clients they have."""
    where = surroundings(registry, "all", token, folder / "ada")
    say("Ada downloads through the registry; nobody changed her tools, she set HF_ENDPOINT and HF_TOKEN")
    with timed("cold, fetched once from upstream, verified, kept"):
        run([HF, "download", "harbor/tiny-embedder"], where)
    with timed("her colleague, warm"):
        run([HF, "download", "harbor/tiny-embedder"], surroundings(registry, "all", token, folder / "bob"))
    code = (
        "from transformers import pipeline\n"
        "print(pipeline('text-classification', model='harbor/cargo-classifier')('good cargo'))"
    )
    note(python(code, where))
    code = "from datasets import load_dataset\nprint(load_dataset('harbor/manifests', split='train')[41])"
    note(python(code, where))

    say("She fine-tunes, and uploads what she made: it goes to our own repository, as chunks")
    for name in ("tiny-embedder", "tiny-embedder-tuned"):
        with timed("a tenth of the tensors is new" if name.endswith("tuned") else "the base, kept as ours"):
            run(
                [HF, "upload", f"ada/{name}", str(folder / "goods" / name)],
                where,
                shown=f"hf upload ada/{name} ./{name}",
            )
    note(run([HF, "models", "ls", "--author", "ada", "--quiet"], where))
    administrator = surroundings(registry, "all", registry.token, folder / "admin")
    note(run([ENTREPOT, "storage"], administrator))

    say("Upstream is gone. What is here is still served; what is not is said to be unavailable, not missing")
    upstream.stop()
    time.sleep(1.5)
    with timed("a third colleague, without upstream"):
        run([HF, "download", "harbor/tiny-embedder"], surroundings(registry, "all", token, folder / "eve"))
    code = (
        "from huggingface_hub import model_info\n"
        "try: model_info('harbor/never-seen')\n"
        "except Exception as error: print(type(error).__name__, error.response.status_code)"
    )
    note(run([str(CLIENTS / "python"), "-c", code], where, shown="python -c \"model_info('harbor/never-seen')\""))

    say("Everything that is named is stored, and the other way round")
    registry.stop()
    note(run([ENTREPOT, "fsck", "--deep", "--data", str(registry.data)], where, shown="entrepot fsck --deep"))


def look_around(registry: LiveServer) -> None:
    """Somebody who sits there may look at it all in a browser; a machine goes on."""
    registry.start()
    say("All of it in a browser: what was refused and why, the waiver, the findings down to the opcode")
    note(f"{registry.origin}    sign in with the token {registry.token}")
    if sys.stdin.isatty():
        input("         Enter ends the demo. ")
        return
    for path in ("/decisions", "/findings", "/waivers?show=granted"):
        note(f"{path}: {inspection.page(registry, path)}")


if __name__ == "__main__":
    main()
