"""Stock clients at the firewall's doors: each effect, on cold, warm and landing files, here and upstream."""

import hashlib
import json
import os
import pickle
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.clients.conftest import CLIENTS, PATIENCE, Client, Stack, _set_up
from live_server import LiveServer

OPEN = 'name = "default"\ndescription = "everything passes"\n'
JAVASCRIPT = Path(__file__).parent / "javascript"
CARD = b"---\nlicense: apache-2.0\n---\n# A model\n"
MIB = 1 << 20


class Greeting:
    """Unpickling it would run a harmless command; nobody does."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo hi",)


MALICIOUS = pickle.dumps({"weight": [0.5] * 10, "extra": Greeting()})


def weights(size: int) -> bytes:
    """A safetensors file of about that size."""
    shape = {"weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
    header = json.dumps(shape).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + bytes(range(256)) * (size // 256) + bytes(size % 256)


GOOD = weights(3 * MIB)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A registry with the default policy, and an upstream that lets everything in."""
    folder = tmp_path_factory.mktemp("doors")
    with (
        LiveServer(folder / "upstream", scanning="off") as upstream,
        LiveServer(folder / "data", workers=2, branch_seconds=0, missing_seconds=0) as registry,
    ):
        upstream.api("POST", "/policies", {"text": OPEN})
        _set_up(registry, upstream)
        yield Stack(upstream, registry)


@dataclass(frozen=True)
class House:
    """A registry, and one person's client."""

    stack: Stack
    client: Client
    home: Path

    def put(self, kind: str, name: str, files: dict[str, bytes]) -> None:
        """A package with these files, upstream, or here while the door stood open."""
        server = self.stack.upstream if kind == "remote" else self.stack.registry
        if kind == "local":
            self.stack.registry.api("POST", "/policies", {"text": OPEN})
            time.sleep(1.2)
        said = self.uploads(server.endpoint("models"), server.token, name, files)
        assert "REFUSED" not in said, said
        if kind == "local":
            self.default_policy()

    def uploads(self, endpoint: str, token: str, name: str, files: dict[str, bytes]) -> str:
        """What a script prints that uploads these files, and then lists what is there."""
        folder = self.home / f"put-{time.monotonic_ns()}"
        folder.mkdir()
        for path, data in files.items():
            (folder / path).write_bytes(data)
        home = self.home / "author"
        return CLIENTS["hub-2.4.0-xet"].run("put.py", name, folder, endpoint=endpoint, token=token, home=home)

    def default_policy(self) -> None:
        """What every instance begins with."""
        versions = self.stack.registry.api("GET", "/policies/default")["versions"]
        self.stack.registry.api("POST", "/policies", {"text": versions[-1]["text"]})
        time.sleep(1.2)  # other processes look once a second

    def apply(self, name: str, rules: str) -> None:
        """A policy besides the default one."""
        self.stack.registry.api("POST", "/policies", {"text": f'name = "{name}"\n{rules}'})
        time.sleep(1.2)

    def remove(self, name: str) -> None:
        """The policy is gone."""
        self.stack.registry.api("DELETE", f"/policies/{name}")
        time.sleep(1.2)

    def tries(self, kind: str, name: str, *paths: str, may_fail: bool = False) -> str:
        """What a script prints that tries to download; where it may fail, whatever it says."""
        token = self.stack.registry.new_token("models:read", "mirror:read", "all:read")
        home, endpoint = self.home / f"{kind}-{time.monotonic_ns()}", self.stack.endpoint(kind)
        try:
            return self.client.run("try_download.py", name, *paths, endpoint=endpoint, token=token, home=home)
        except AssertionError as failed:
            if not may_fail:
                raise
            return str(failed)

    def decisions(self, **wanted: str) -> list[dict[str, Any]]:
        """What was decided, the newest first."""
        query = "&".join(f"{name}={value}" for name, value in wanted.items())
        return list(self.stack.registry.api("GET", f"/decisions?{query}")["decisions"])


@pytest.fixture
def house(doors: Stack, client: Client, tmp_path: Path) -> House:
    return House(doors, client, tmp_path)


@pytest.fixture
def current(doors: Stack, tmp_path: Path) -> House:
    return House(doors, CLIENTS["hub-2.4.0-xet"], tmp_path)


def name_for(what: str) -> str:
    return f"ada/{what}-{time.monotonic_ns()}"


@pytest.mark.parametrize("kind", ["local", "remote", "virtual"])
def test_a_malicious_file_is_refused_with_the_reason_and_its_neighbors_are_not(house: House, kind: str) -> None:
    name = name_for("mixed")
    files = {"README.md": CARD, "pytorch_model.bin": MALICIOUS, "model.safetensors": GOOD}
    house.put("local" if kind == "local" else "remote", name, files)
    for _ in ("cold", "warm"):
        said = house.tries(kind, name, "pytorch_model.bin")
        assert said.startswith("REFUSED") and "pickle.call.process" in said and "nothing malicious" in said
        assert "/decisions/" in said
        assert hashlib.sha256(GOOD).hexdigest() in house.tries(kind, name, "model.safetensors")
    refused = house.decisions(package=name, effect="block")
    assert refused and all(
        line["digest"] == hashlib.sha256(MALICIOUS).hexdigest() or not line["digest"] for line in refused
    )
    given = house.decisions(package=name, downloads="true")
    assert {line["path"] for line in given} == {"model.safetensors"}


@pytest.mark.parametrize("kind", ["local", "virtual"])
def test_a_script_prints_why_a_package_without_a_license_is_blocked(house: House, kind: str) -> None:
    name = name_for("unlicensed")
    house.put("local" if kind == "local" else "remote", name, {"model.safetensors": GOOD})
    house.apply(
        "licensed", '[[rule]]\nname = "approved"\neffect = "block"\nlicense = "missing"\nunless.approved = true\n'
    )
    try:
        for paths in ((), ("model.safetensors",)):
            said = house.tries(kind, name, *paths)
            assert said.startswith("REFUSED") and "not approved license" in said and "missing" in said
        (first, *_) = house.decisions(package=name, effect="block")
        asked = house.stack.registry.api("POST", "/waivers", {"decision": first["id"], "reason": "a test"})
        house.stack.registry.api("POST", f"/waivers/{asked['id']}", {"standing": "granted", "answer": "a test"})
        time.sleep(1.2)
        assert "GOT model.safetensors" in house.tries(kind, name)
    finally:
        house.remove("licensed")
    assert "GOT model.safetensors" in house.tries(kind, name)


def slow_to_scan(calls: int) -> bytes:
    """A pickle of many calls to a class that nobody knows: each is followed, which takes its time. Harmless."""
    body = b"".join(b"cmade_up.module\nThing%d\n(I%d\ntR0" % (number % 7, number) for number in range(calls))
    return b"\x80\x02" + body + b"N."


@pytest.mark.clients
def test_a_scan_that_takes_longer_than_clients_wait_is_waited_for(house: House) -> None:
    name = name_for("slow")
    data = slow_to_scan(400_000)
    house.put("remote", name, {"README.md": CARD, "slow.pkl": data})
    said = house.tries("remote", name)
    assert hashlib.sha256(data).hexdigest() in said, said


@pytest.mark.clients
def test_what_turns_out_to_be_malicious_while_it_lands_never_arrives(house: House) -> None:
    name = name_for("late")
    data = pickle.dumps([os.urandom(1000) for _ in range(8_000)] + [Greeting()])
    house.put("remote", name, {"README.md": CARD, "late.pkl": data})
    # The connection is cut: newer clients ask again and are told, older ones give up over it.
    assert "GOT" not in house.tries("remote", name, "late.pkl", may_fail=True)
    assert "pickle.call.process" in house.tries("remote", name, "late.pkl")


def _ask(url: str, token: str, **headers: str) -> tuple[int, Any, bytes]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_a_replayed_token_and_a_guessed_digest_yield_nothing(current: House) -> None:
    name = name_for("replay")
    current.put("remote", name, {"README.md": CARD, "model.safetensors": GOOD})
    assert "GOT" in current.tries("virtual", name)
    endpoint, token = current.stack.endpoint("virtual"), current.stack.registry.token
    head = _ask(f"{endpoint}/{name}/resolve/main/model.safetensors", token, Range="bytes=0-0")[1]
    made = json.loads(_ask(f"{endpoint}/api/models/{name}/xet-read-token/main", token)[2])
    plan = f"{made['casUrl']}/v2/reconstructions/{head['X-Xet-Hash']}"
    status, _, said = _ask(plan, made["accessToken"])
    assert status == 200
    ((entry,),) = json.loads(said)["xorbs"].values()
    first = entry["ranges"][0]["bytes"]["start"]
    part = f"bytes={first}-{first + 9}"
    assert _ask(entry["url"], "", Range=part)[0] == 206
    current.apply("closes", f'[[rule]]\nname = "closed"\neffect = "block"\npackage = "{name}"\n')
    try:
        time.sleep(2.5)
        assert _ask(plan, made["accessToken"])[0] == 403
        assert _ask(entry["url"], "", Range=part)[0] == 403
        for door in ("resolve", "raw"):
            assert _ask(f"{endpoint}/{name}/{door}/main/model.safetensors", token)[0] == 403
        assert _ask(f"{endpoint}/api/models/{name}/xet-read-token/main", token)[0] == 403
        assert _ask(f"{endpoint}/api/models/{name}/tree/main", token)[0] == 403
        digest = hashlib.sha256(GOOD).hexdigest()
        body = json.dumps(
            {"operation": "download", "transfers": ["basic"], "objects": [{"oid": digest, "size": len(GOOD)}]}
        )
        for package in (name, "ada/unknown"):
            request = urllib.request.Request(f"{endpoint}/{package}.git/info/lfs/objects/batch", body.encode())
            request.add_header("Authorization", f"Bearer {token}")
            request.add_header("Content-Type", "application/vnd.git-lfs+json")
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    assert "download" not in json.load(answer)["objects"][0].get("actions", {})
            except urllib.error.HTTPError as error:
                assert error.code in (403, 404)
    finally:
        current.remove("closes")


@pytest.mark.clients
def test_the_javascript_client_is_told_why(current: House) -> None:
    name = name_for("javascript")
    current.put("remote", name, {"README.md": CARD, "pytorch_model.bin": MALICIOUS, "model.safetensors": GOOD})
    token = current.stack.registry.new_token("all:read")

    def tries(path: str) -> str:
        command = ["node", "try.mjs", current.stack.endpoint("virtual"), token, name, path]
        done = subprocess.run(command, cwd=JAVASCRIPT, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return done.stdout

    for line in tries("pytorch_model.bin").splitlines():
        assert line.startswith("REFUSED 403") and "nothing malicious" in line
    assert tries("model.safetensors").splitlines() == [f"GOT {len(GOOD)}"] * 2


@pytest.mark.clients
@pytest.mark.parametrize("kind", ["local", "remote"])
def test_git_is_told_why(current: House, kind: str, tmp_path: Path) -> None:
    token = current.stack.registry.new_token("models:read", "mirror:read")
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

    def git(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command, env = ["git", *words], surroundings | more
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def clone(name: str) -> subprocess.CompletedProcess[str]:
        url = f"{current.stack.endpoint(kind)}/{name}".replace("http://", f"http://ada:{token}@")
        return git("clone", url, str(tmp_path / name), GIT_LFS_SKIP_SMUDGE="1")

    # A small file is in the pack itself, and a pack without it is no clone.
    small = name_for("git-small")
    text = pickle.dumps(Greeting(), 0)
    current.put(kind, small, {"README.md": CARD, "evil.txt": text})
    cloned = clone(small)
    assert cloned.returncode != 0 and not (tmp_path / small / "evil.txt").exists()
    assert "nothing malicious" in cloned.stderr
    # Of a large one the clone has the pointer, and git-lfs asks for the bytes.
    large = name_for("git-large")
    current.put(kind, large, {"README.md": CARD, "evil.pkl": MALICIOUS, "model.safetensors": GOOD})
    assert clone(large).returncode == 0
    assert (tmp_path / large / "evil.pkl").read_bytes().startswith(b"version https://git-lfs")
    assert git("-C", str(tmp_path / large), "lfs", "pull", "--include", "model.safetensors").returncode == 0
    assert (tmp_path / large / "model.safetensors").read_bytes() == GOOD
    pulled = git("-C", str(tmp_path / large), "lfs", "pull", "--include", "evil.pkl")
    assert pulled.returncode != 0 and (tmp_path / large / "evil.pkl").stat().st_size < 200
    assert "nothing malicious" in pulled.stderr + pulled.stdout


def test_an_upload_that_is_refused_leaves_nothing_and_quarantine_keeps_it_for_its_authors(current: House) -> None:
    name, registry = name_for("upload"), current.stack.registry
    author = registry.new_token("models:read,write", user="ada")
    said = current.uploads(registry.endpoint("models"), author, name, {"a.pkl": MALICIOUS, "README.md": CARD})
    assert "nothing of this commit was kept" in said and "pickle.call.process" in said
    assert said.splitlines()[-1].split() == [".gitattributes"]
    text = registry.api("GET", "/policies/default")["versions"][0]["text"]
    registry.api("POST", "/policies", {"text": text.replace('uploads = "refuse"', 'uploads = "quarantine"')})
    time.sleep(1.2)
    try:
        said = current.uploads(registry.endpoint("models"), author, name, {"a.pkl": MALICIOUS})
        assert "REFUSED" not in said and "a.pkl" in said
        url = f"{registry.endpoint('models')}/{name}/resolve/main/a.pkl"
        status, headers, _ = _ask(url, author)
        assert status == 200 and "quarantine" in headers["X-HF-Warning"]
        assert _ask(url, registry.new_token("models:read", user="eve"))[0] == 403
    finally:
        current.default_policy()
