"""The second act: what the firewall does, as the people at its doors see it."""

import http.cookiejar
import json
import re
import urllib.parse
import urllib.request
from pathlib import Path

from stage import CLIENTS, ENTREPOT, ROOT, LiveServer, note, run, say, surroundings

DOWNLOAD = """
import os, sys
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError
try:
    print("downloaded:", *sorted(os.listdir(snapshot_download(sys.argv[1]))))
except HfHubHTTPError as error:
    print("refused:", str(error).strip().splitlines()[-1])
"""


def act(folder: Path, registry: LiveServer, token: str) -> None:
    """Good and bad models are asked for; one of them is waived."""
    ada = surroundings(registry, "all", token, folder / "ada")
    admin = surroundings(registry, "all", registry.token, folder / "admin")

    say("Policy decides on every file before anybody can use it. The default blocks what is malicious;")
    note("this house wants licenses as well.")
    note(
        run(
            [ENTREPOT, "policy", "check", str(ROOT / "demo" / "policy.toml")],
            admin,
            shown="entrepot policy check policy.toml",
        )
    )
    note(
        run(
            [ENTREPOT, "policy", "apply", str(ROOT / "demo" / "policy.toml")],
            admin,
            shown="entrepot policy apply policy.toml",
        )
    )

    say("Ada asks for four models with the stock client: snapshot_download, and nothing else")
    for name in ("harbor/tiny-embedder", "mallory/fast-bert", "mallory/sees-everything", "mallory/my-own"):
        note(_download(name, ada))

    say("She needs the one without a license for a comparison, and asks for a waiver; her security team decides")
    refused = _decisions(admin, "mallory/my-own")[0]
    ask = ["waive", "request", refused["id"], "--reason", "a comparison that stays in the lab", "--days", "14"]
    note(run([ENTREPOT, *ask], ada | {"ENTREPOT_TOKEN": token}))
    note(run([ENTREPOT, "waive", "grant", "1", "--answer", "the author was asked; lab use only"], admin))
    note(_download("mallory/my-own", ada))
    note(_download("mallory/fast-bert", ada))

    say("Everything is on record: who, what, why; and nobody can change it unseen")
    for line in _decisions(admin, ""):
        note(f"{line['effect']:6} {line['actor']}  {line['package']} {line['path']}  by rule '{line['rule']}'")
    note(run([ENTREPOT, "audit", "verify"], admin))


def page(registry: LiveServer, path: str) -> str:
    """What stands on a page of the web interface, for somebody who has signed in, in a few words."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    browser.addheaders = [("Accept", "text/html"), ("Sec-Fetch-Site", "same-origin"), ("Origin", registry.origin)]
    form = browser.open(f"{registry.origin}/sign-in").read().decode()
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) | {"token": registry.token}
    browser.open(f"{registry.origin}/sign-in", urllib.parse.urlencode(fields).encode())
    shown = browser.open(registry.origin + path).read().decode()
    names = dict.fromkeys(re.findall(r"mallory/[a-z-]+|pickle\.call\.process|keras\.lambda", shown))
    return ", ".join(names)


def _download(name: str, where: dict[str, str]) -> str:
    script = Path(where["HF_HOME"]) / "download.py"
    script.write_text(DOWNLOAD)
    return run([str(CLIENTS / "python"), "-W", "ignore", str(script), name], where, shown=f"python download.py {name}")


def _decisions(where: dict[str, str], package: str) -> list[dict[str, str]]:
    wanted = ["--package", package] if package else []
    said = run([ENTREPOT, "audit", "--blocked", "--json", *wanted], where)
    return [json.loads(line) for line in said.splitlines()]
