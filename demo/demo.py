"""The story in two minutes, offline: an upstream, a registry that stands in front of it, and the stock clients."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from live_server import LiveServer  # noqa: E402

BOLD, DIM, TEAL, PLAIN = ("\033[1m", "\033[2m", "\033[36m", "\033[0m") if sys.stdout.isatty() else ("", "", "", "")
CLIENTS = ROOT / ".venv-clients" / "bin"
HF, ENTREPOT = str(CLIENTS / "hf"), str(Path(sys.executable).parent / "entrepot")
STARTED = time.perf_counter()


def say(text: str) -> None:
    """A line of the story."""
    print(f"\n{TEAL}{time.perf_counter() - STARTED:5.1f} s{PLAIN}  {BOLD}{text}{PLAIN}", flush=True)


def note(text: str) -> None:
    """What came of it."""
    for line in text.splitlines():
        print(f"         {line}", flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Says how long it took."""
    started = time.perf_counter()
    yield
    note(f"→ {what}: {time.perf_counter() - started:.2f} s")


def surroundings(server: LiveServer, key: str, token: str, home: Path) -> dict[str, str]:
    """What a person would have set in the shell, and an empty cache."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "TERM") if key in os.environ}
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    home.mkdir(parents=True, exist_ok=True)
    ours = {"ENTREPOT_SERVER": server.origin, "ENTREPOT_TOKEN": server.token, "HOME": str(home)}
    return kept | quiet | ours | {"HF_ENDPOINT": server.endpoint(key), "HF_TOKEN": token, "HF_HOME": str(home)}


def run(command: list[str], where: dict[str, str], *, shown: str = "") -> str:
    """What the command prints; it is shown as a person would type it."""
    note(f"{DIM}$ {shown or ' '.join([Path(command[0]).name, *command[1:]])}{PLAIN}")
    done = subprocess.run(command, env=where, capture_output=True, text=True, check=False, cwd=where["HF_HOME"])
    if done.returncode:
        raise SystemExit(f"the demo broke at {command}\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip()


def python(code: str, where: dict[str, str]) -> str:
    """What a few lines of Python print, in the clients' environment."""
    for line in code.strip().splitlines():
        note(f"{DIM}>>> {line}{PLAIN}")
    return run([str(CLIENTS / "python"), "-W", "ignore", "-c", code], where, shown="python")


def main() -> None:
    """Tell the story."""
    folder = Path(tempfile.mkdtemp(prefix="entrepot-demo-"))
    try:
        with LiveServer(folder / "upstream") as upstream, LiveServer(folder / "registry", branch_seconds=1) as registry:
            stock(folder, upstream)
            token = open_registry(upstream, registry)
            work(folder, upstream, registry, token)
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


if __name__ == "__main__":
    main()
