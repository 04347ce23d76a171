"""What operators type about the firewall, against a live server: policies, waivers, the record, rescan, doctor."""

import csv
import io
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_server import ROOT, LiveServer

OPEN = 'name = "default"\n'
LICENSED = """name = "licensed"
[[rule]]
name = "licensed only"
effect = "block"
license = "missing"
unless.approved = true
"""


class Greeting:
    """Unpickling it would run a harmless command; nobody does."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo hi",)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(tmp_path_factory.mktemp("commands") / "data") as made:
        yield made


def entrepot(server: LiveServer, *words: str, token: str = "", code: int = 0) -> str:
    """What the command prints; it has to end with that code."""
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "HOME": str(server.data)}
    surroundings |= {"ENTREPOT_SERVER": server.origin, "ENTREPOT_TOKEN": token or server.token}
    done = subprocess.run(
        [sys.executable, "-m", "entrepot", *words],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=server.data,
    )
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done.stdout + (done.stderr if code else "")


def commit(server: LiveServer, name: str, files: dict[str, bytes]) -> int:
    """Commit small files over the Hub's protocol; the status of the answer."""
    import base64

    def ask(path: str, body: bytes, kind: str) -> int:
        request = urllib.request.Request(f"{server.endpoint('models')}{path}", body, method="POST")
        request.add_header("Authorization", f"Bearer {server.token}")
        request.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    owner, _, short = name.partition("/")
    ask(
        "/api/repos/create",
        json.dumps({"name": short, "organization": owner, "type": "model"}).encode(),
        "application/json",
    )
    lines = [{"key": "header", "value": {"summary": "files"}}]
    for path, data in files.items():
        content = {"path": path, "encoding": "base64", "content": base64.b64encode(data).decode()}
        lines.append({"key": "file", "value": content})
    body = "\n".join(json.dumps(line) for line in lines).encode()
    return ask(f"/api/models/{name}/commit/main", body, "application/x-ndjson")


def ask(server: LiveServer, path: str, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(f"{server.endpoint('models')}{path}")
    request.add_header("Authorization", f"Bearer {token or server.token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status), ""
    except urllib.error.HTTPError as error:
        return error.code, error.headers["X-Error-Message"] or ""


def test_a_policy_is_applied_listed_shown_simulated_and_taken_back(server: LiveServer, tmp_path: Path) -> None:
    assert commit(server, "ada/nolicense", {"notes.txt": b"hello"}) == 200
    assert ask(server, "/ada/nolicense/resolve/main/notes.txt")[0] == 200
    file = tmp_path / "licensed.toml"
    file.write_text(LICENSED)
    simulated = json.loads(entrepot(server, "policy", "simulate", str(file), "--json"))
    assert simulated["refused"] >= 1 and simulated["affected"][0]["rule"] == "licensed only"
    assert ask(server, "/ada/nolicense/resolve/main/notes.txt")[0] == 200, "a simulation changes nothing"
    assert "licensed@1 is in force" in entrepot(server, "policy", "apply", str(file), "--note", "ticket 17")
    status, why = ask(server, "/ada/nolicense/resolve/main/notes.txt")
    assert status == 403 and "not approved license" in why
    assert {row["name"] for row in json.loads(entrepot(server, "policy", "list", "--json"))} == {"default", "licensed"}
    assert entrepot(server, "policy", "show", "licensed") == LICENSED
    file.write_text(LICENSED.replace("effect", "efect"))
    said = entrepot(server, "policy", "apply", str(file), code=1)
    assert "line 4" in said and "efect" in said
    assert ask(server, "/ada/nolicense/resolve/main/notes.txt")[0] == 403, "the one in force stays in force"
    entrepot(server, "policy", "remove", "licensed")
    assert ask(server, "/ada/nolicense/resolve/main/notes.txt")[0] == 200
    assert "there is no policy called" in entrepot(server, "policy", "remove", "licensed", code=1)


def test_a_waiver_is_asked_for_refused_granted_and_withdrawn(server: LiveServer, tmp_path: Path) -> None:
    assert commit(server, "ada/waived", {"notes.txt": b"waive me"}) == 200
    file = tmp_path / "licensed.toml"
    file.write_text(LICENSED)
    entrepot(server, "policy", "apply", str(file))
    try:
        reader = server.new_token("models:read", user="eve")
        status, why = ask(server, "/ada/waived/resolve/main/notes.txt", reader)
        assert status == 403
        uid = why.rpartition("/")[2]
        made = json.loads(entrepot(server, "waive", "request", uid, "--reason", "a demo", "--json", token=reader))
        assert (made["rule"], made["package"], made["asked_by"]) == ("licensed only", "model/ada/waived", "eve")
        assert made["policy"] == "licensed"
        assert "may not decide" in entrepot(
            server, "waive", "grant", str(made["id"]), "--answer", "me", token=reader, code=1
        )
        entrepot(server, "waive", "refuse", str(made["id"]), "--answer", "ask the author")
        assert "refused already" in entrepot(server, "waive", "grant", str(made["id"]), "--answer", "no", code=1)
        again = json.loads(
            entrepot(server, "waive", "request", why.split()[-1], "--reason", "x", "--json", token=reader)
        )
        entrepot(server, "waive", "grant", str(again["id"]), "--answer", "seen")
        assert ask(server, "/ada/waived/resolve/main/notes.txt", reader)[0] == 200
        assert "granted" in entrepot(server, "waive", "list", token=reader)
        narrow = ("--policy", "licensed", "--rule", "licensed only", "--reason", "x", "--json")
        assert json.loads(entrepot(server, "waive", "request", *narrow))["policy"] == "licensed"
        entrepot(server, "waive", "withdraw", str(again["id"]), "--answer", "done", token=reader)
        assert ask(server, "/ada/waived/resolve/main/notes.txt", reader)[0] == 403
        said = entrepot(server, "waive", "request", "--reason", "everything", code=4)
        assert "name the decision" in said
    finally:
        entrepot(server, "policy", "remove", "licensed")


def test_the_record_says_who_got_what_and_is_proved_to_be_unchanged(server: LiveServer) -> None:
    assert commit(server, "ada/recorded", {"notes.txt": b"=cmd|calc"}) == 200
    assert commit(server, "ada/recorded", {"evil.pkl": pickle.dumps(Greeting(), 0)}) == 403
    reader = server.new_token("models:read", user="=eve")
    assert ask(server, "/ada/recorded/resolve/main/notes.txt", reader)[0] == 200
    lines = [json.loads(line) for line in entrepot(server, "audit", "--package", "ada/recorded", "--json").splitlines()]
    assert {(line["effect"], line["door"], line["downloaded"]) for line in lines} == {
        ("block", "upload", False),
        ("allow", "file", True),
    }
    digest = next(line["digest"] for line in lines if line["downloaded"])
    assert "=eve" in entrepot(server, "audit", "--downloads", "--digest", digest)
    rows = list(csv.DictReader(io.StringIO(entrepot(server, "audit", "--csv", "--limit", "0"))))
    assert "'=eve" in {row["actor"] for row in rows}, "no cell is a formula"
    assert "verdict" in entrepot(
        server, "audit", "show", next(line["id"] for line in lines if line["effect"] == "block")
    )
    assert "--since" in entrepot(server, "audit", "--help")
    own = entrepot(server, "audit", "--json", token=reader).splitlines()
    assert own and all(json.loads(line)["actor"] == "=eve" for line in own)
    assert "as it was written" in entrepot(server, "audit", "verify")
    with sqlite3.connect(server.data / "entrepot.db") as catalog:
        catalog.execute("UPDATE decisions SET actor = 'nobody' WHERE actor = '=eve'")
    catalog.close()
    assert "was changed" in entrepot(server, "audit", "verify", code=1)


def test_what_was_let_in_earlier_is_looked_at_again_and_refused_at_once(server: LiveServer, tmp_path: Path) -> None:
    default = entrepot(server, "policy", "show", "default")
    entrepot(server, "policy", "apply", _file(tmp_path, OPEN))
    assert commit(server, "ada/earlier", {"evil.pkl": pickle.dumps(Greeting(), 0)}) == 200
    assert ask(server, "/ada/earlier/resolve/main/evil.pkl")[0] == 200
    entrepot(server, "policy", "apply", _file(tmp_path, default))
    assert ask(server, "/ada/earlier/resolve/main/evil.pkl")[0] == 403
    with sqlite3.connect(server.data / "entrepot.db") as catalog:
        catalog.execute("UPDATE reports SET scanner = 'an older one'")
    catalog.close()
    found = json.loads(entrepot(server, "rescan", "--json", "--data", str(server.data)))
    assert found["looked_at"] >= 1 and found["malicious"] >= 1 and found["failed"] == 0
    assert json.loads(entrepot(server, "rescan", "--json", "--data", str(server.data)))["looked_at"] == 0


def _file(folder: Path, text: str) -> str:
    path = folder / "policy.toml"
    path.write_text(text)
    return str(path)


def test_the_doctor_prints_a_list_and_fails_for_what_is_bad(server: LiveServer) -> None:
    server.data.chmod(0o700)
    said = json.loads(entrepot(server, "doctor", "--json", "--data", str(server.data), code=1))
    bad = {one["name"] for one in said if one["finding"] == "bad"}
    assert bad == {"record"}, "the test before changed it"
    assert "seccomp" in next(one["what"] for one in said if one["name"] == "scanning")
