"""hf_xet itself against a live server: up, down, shared, lost, renewed, and everything malformed."""

import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from entrepot.xet.xorb import MAX_UPLOAD
from live_server import LiveServer
from xet_making import Pack, Piece, content, hash_of, shard

MIB = 1 << 20
SCRIPT = """
import hashlib, os, sys
from huggingface_hub import HfApi, hf_hub_download
verb, package, *rest = sys.argv[1:]
if verb == "up":
    HfApi().create_repo(package, exist_ok=True)
    HfApi().upload_file(path_or_fileobj=rest[1], path_in_repo=rest[0], repo_id=package)
else:
    with open(hf_hub_download(package, rest[0]), "rb") as file:
        print(hashlib.file_digest(file, "sha256").hexdigest())
"""


@dataclass
class Person:
    """Somebody at a machine of their own: an endpoint, a token, a cache."""

    server: LiveServer
    home: Path
    key: str = "hub"
    token: str = ""

    def hf(self, *words: object, xet: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONWARNINGS": "ignore"}
        environment |= {"HF_ENDPOINT": self.server.endpoint(self.key), "HF_TOKEN": self.token or self.server.token}
        environment |= {"HF_HOME": str(self.home), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        if not xet:
            environment["HF_HUB_DISABLE_XET"] = "1"
        command = [sys.executable, "-c", SCRIPT, *map(str, words)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=40, check=False)

    def up(self, package: str, path: str, file: Path, *, xet: bool = True) -> None:
        done = self.hf("up", package, path, file, xet=xet)
        assert done.returncode == 0, done.stderr

    def down(self, package: str, path: str, *, xet: bool = True) -> str:
        done = self.hf("down", package, path, xet=xet)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class Store:
    """The Xet store of a repository, asked by hand."""

    def __init__(self, server: LiveServer, package: str, verb: str = "write", rev: str = "main") -> None:
        endpoint = server.endpoint("hub")
        found = ask(f"{endpoint}/api/models/{package}/xet-{verb}-token/{rev}", server.token)
        assert found.status == 200, found.text
        self.url, self.token = found.json["casUrl"], found.json["accessToken"]
        assert found.headers["X-Xet-Cas-Url"] == self.url
        assert found.headers["X-Xet-Access-Token"] == self.token
        assert int(found.headers["X-Xet-Token-Expiration"]) == found.json["exp"]

    def get(self, path: str, byte_range: str = "", token: str | None = None) -> "Answer":
        return ask(f"{self.url}{path}", self.token if token is None else token, byte_range=byte_range)

    def post(self, path: str, body: bytes) -> "Answer":
        return ask(f"{self.url}{path}", self.token, body)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Any

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, token: str = "", body: bytes | None = None, *, byte_range: str = "", **headers: str) -> Answer:
    request = urllib.request.Request(url, body, headers, method="GET" if body is None else "POST")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if byte_range:
        request.add_header("Range", f"bytes={byte_range}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Answer(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read(), error.headers)


def noise(path: Path, size: int, seed: int = 0) -> Path:
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def weights(path: Path, size: int) -> Path:
    """A safetensors file of about that size."""
    shape = {"weight": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size // 4 * 4]}}
    header = json.dumps(shape).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + random.Random(4).randbytes(size // 4 * 4))
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def count(server: LiveServer, what: str) -> int:
    return server.log.count(what)


SENT = "/v1/xorbs/{prefix2}/{hash} 200"
FETCHED = "/fetch/{link} 206"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(tmp_path_factory.mktemp("registry")) as made:
        yield made


@pytest.fixture
def person(server: LiveServer, tmp_path: Path) -> Person:
    return Person(server, tmp_path / "home")


def unique(server: LiveServer) -> int:
    """Bytes under the blobs' folder."""
    return sum(file.stat().st_size for file in (server.data / "blobs").rglob("*") if file.is_file())


def epoch_of(server: LiveServer, new: str | None = None) -> str:
    with sqlite3.connect(server.data / "entrepot.db") as catalog:
        if new is not None:
            catalog.execute("UPDATE instance SET value = ? WHERE name = 'store-epoch'", (new,))
        (value,) = catalog.execute("SELECT value FROM instance WHERE name = 'store-epoch'").fetchone()
    return str(value)


def test_a_file_goes_up_and_comes_down_over_xet_and_over_plain_http(person: Person, tmp_path: Path) -> None:
    file = noise(tmp_path / "a.bin", 90 * MIB, 1)
    sent, fetched = count(person.server, SENT), count(person.server, FETCHED)
    person.up("ada/trip", "a.bin", file)
    assert count(person.server, SENT) - sent >= 2
    assert person.down("ada/trip", "a.bin") == digest(file)
    assert count(person.server, FETCHED) - fetched >= 2
    person.home = tmp_path / "another home"
    fetched = count(person.server, FETCHED)
    assert person.down("ada/trip", "a.bin", xet=False) == digest(file)
    assert count(person.server, FETCHED) == fetched
    url = f"{person.server.endpoint('hub')}/ada/trip/resolve/main/a.bin"
    data = file.read_bytes()
    for first, last in [(0, 0), (12_345, 70_000_000), (len(data) - 10, len(data) - 1)]:
        assert ask(url, person.server.token, byte_range=f"{first}-{last}").body == data[first : last + 1]


def test_small_and_compressible_files_make_the_trip(person: Person, tmp_path: Path) -> None:
    for number, data in enumerate([b"\0", b"ab\0" * 5_000_000, bytes(MIB), b"\0" + os.urandom(11)]):
        file = tmp_path / f"{number}.bin"
        file.write_bytes(data)
        person.up("ada/small", file.name, file)
        assert person.down("ada/small", file.name) == digest(file)


def test_what_is_plain_goes_out_over_xet_without_a_second_copy(person: Person, tmp_path: Path) -> None:
    file = noise(tmp_path / "a.bin", 130 * MIB + 77, 2)
    person.up("ada/plain", "a.bin", file, xet=False)
    before, fetched = unique(person.server), count(person.server, FETCHED)
    assert person.down("ada/plain", "a.bin") == digest(file)
    assert count(person.server, FETCHED) - fetched >= 3
    assert unique(person.server) == before


def test_a_file_that_is_here_is_not_sent_again_to_another_package(person: Person, tmp_path: Path) -> None:
    file = noise(tmp_path / "a.bin", 40 * MIB, 3)
    person.up("ada/original", "a.bin", file)
    before, sent = unique(person.server), count(person.server, SENT)
    person.home = tmp_path / "another home"
    person.up("ada/copy", "b.bin", file)
    assert count(person.server, SENT) == sent
    assert unique(person.server) - before < MIB
    assert person.down("ada/copy", "b.bin") == digest(file)


def test_checkpoints_take_the_room_of_what_changed(person: Person, tmp_path: Path) -> None:
    tensors = [random.Random(f"t{i}").randbytes(MIB) for i in range(60)]
    before = unique(person.server)
    for step in range(6):
        for changed in range(6 if step else 0):
            tensors[(step * 6 + changed) % 60] = random.Random(f"{step} {changed}").randbytes(MIB)
        file = tmp_path / f"{step}.bin"
        file.write_bytes(b"".join(tensors))
        person.up("ada/checkpoints", file.name, file)
    assert unique(person.server) - before <= 1.7 * 60 * MIB
    assert person.down("ada/checkpoints", "5.bin") == digest(tmp_path / "5.bin")
    assert person.down("ada/checkpoints", "3.bin") == digest(tmp_path / "3.bin")


def test_a_file_upstream_comes_over_xet_while_it_lands(server: LiveServer, tmp_path: Path) -> None:
    file = weights(tmp_path / "a.safetensors", 80 * MIB)
    with LiveServer(tmp_path / "upstream") as upstream:
        Person(upstream, tmp_path / "their home").up("ada/theirs", "a.safetensors", file)
        mirror = {"key": "mirror", "kind": "remote", "upstream": upstream.endpoint("models")}
        server.api("POST", "/repositories", mirror | {"upstream_token": upstream.token})
        person = Person(server, tmp_path / "home", "mirror")
        # Xet is offered for what a glance found to be harmless; a client that lists the files has them glanced at.
        ask(f"{server.endpoint('mirror')}/api/models/ada/theirs/tree/main?recursive=true", server.token)
        fetched = count(server, FETCHED)
        assert person.down("ada/theirs", "a.safetensors") == digest(file)
        assert count(server, FETCHED) - fetched >= 1
    person.home = tmp_path / "another home"
    assert person.down("ada/theirs", "a.safetensors") == digest(file)


def test_a_lost_xorb_is_said_to_be_lost_and_a_new_epoch_mends_it(person: Person, tmp_path: Path) -> None:
    file = noise(tmp_path / "a.bin", 20 * MIB, 5)
    blobs = {path for path in (person.server.data / "blobs").rglob("*") if path.is_file()}
    person.up("ada/lost", "a.bin", file)
    for path in (person.server.data / "blobs").rglob("*"):
        if path.is_file() and path not in blobs and path.stat().st_size > MIB:
            path.unlink()
    with file.open("ab") as more:
        more.write(b"something else at the end")
    done = person.hf("up", "ada/lost", "b.bin", file)
    assert done.returncode != 0
    assert "400" in done.stderr
    epoch_of(person.server, "0123456789abcdef")
    person.up("ada/lost", "b.bin", file)
    assert person.down("ada/lost", "b.bin") == digest(file)


def test_who_was_revoked_gets_no_more(server: LiveServer, tmp_path: Path) -> None:
    made = server.api("POST", "/tokens", {"name": "t", "user": "eve", "scopes": ["hub:read,write", "models:read"]})
    person = Person(server, tmp_path / "home", token=str(made["token"]))
    file = noise(tmp_path / "a.bin", MIB, 6)
    person.up("eve/one", "a.bin", file)
    store = Store(server, "eve/one", "read")
    token = ask(f"{server.endpoint('hub')}/api/models/eve/one/xet-read-token/main", person.token).json["accessToken"]
    head = ask(f"{server.endpoint('hub')}/eve/one/resolve/main/a.bin", person.token, byte_range="0-0")
    plan = f"/v2/reconstructions/{head.headers['X-Xet-Hash']}"
    found = store.get(plan, token=token).json
    (entry,) = (entries[0] for entries in found["xorbs"].values())
    server.api("DELETE", f"/tokens/{made['id']}")
    assert store.get(plan, token=token).status == 401
    assert ask(entry["url"], byte_range="0-9").status == 403
    assert store.get(plan).status == 200


FIRST = Pack(tuple(random.Random(i).randbytes(9_000 + i) for i in range(40)))
NEVER_SENT = Pack((b"nobody", b"ever sent this"))
FILE = (Piece(FIRST, 3, 30), Piece(FIRST, 0, 12))


@pytest.fixture
def store(person: Person, tmp_path: Path) -> Store:
    person.up("ada/raw", "seed.bin", noise(tmp_path / "seed.bin", 1000))
    return Store(person.server, "ada/raw")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_both_versions_of_the_store_speak(store: Store, version: str) -> None:
    assert store.post(f"/v1/xorbs/default/{FIRST.hash}", FIRST.data).status == 200
    done = store.post(f"/{version}/shards", shard(FILE))
    assert done.status == 200
    assert json.loads(done.text.splitlines()[-1]) == ({"result": 1} if version == "v1" else {"type": "result"})
    found = store.get(f"/{version}/reconstructions/{hash_of(FILE)}", "100000-200000").json
    entries = found["fetch_info" if version == "v1" else "xorbs"][FIRST.hash.text]
    part = entries[0]["url_range"] if version == "v1" else entries[0]["ranges"][0]["bytes"]
    answer = ask(entries[0]["url"], byte_range=f"{part['start']}-{part['end']}")
    assert (answer.status, len(answer.body)) == (206, part["end"] - part["start"] + 1)
    assert answer.body == FIRST.data[part["start"] : part["end"] + 1]
    assert store.get(f"/{version}/reconstructions/{hash_of(FILE)}", f"{len(content(FILE))}-").status == 416


def test_whoever_knows_a_chunk_is_told_of_its_xorb(store: Store) -> None:
    assert store.post(f"/v1/xorbs/default/{FIRST.hash}", FIRST.data).status == 200
    assert store.post("/v1/shards", shard((Piece(FIRST, 0, 40),))).status == 200
    first = FIRST.sized[0][0]
    for prefix in ("default", "default-merkledb"):
        answer = store.get(f"/v1/chunks/{prefix}/{first}")
        assert answer.status == 200
        assert FIRST.hash.raw in answer.body
    assert store.get(f"/v1/chunks/default/{hash_of(FILE)}").status == 404


BOMB = b"\0" + (20).to_bytes(3, "little") + b"\1" + (131_072).to_bytes(3, "little") + bytes(20)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"/v1/xorbs/default/{NEVER_SENT.hash}", NEVER_SENT.data[:-1] + b"!", 400),
        (f"/v1/xorbs/default/{NEVER_SENT.hash}", b"", 400),
        (f"/v1/xorbs/default/{NEVER_SENT.hash}", BOMB, 400),
        (f"/v1/xorbs/default/{NEVER_SENT.hash}", bytes(MAX_UPLOAD + 1), 413),
        ("/v1/xorbs/default/nonsense", FIRST.data, 400),
        ("/v1/xorbs/default/%00", FIRST.data, 400),
        ("/v1/xorb-grants/default/" + str(FIRST.hash), b"{}", 404),
        ("/v1/shards", b"nonsense", 400),
        ("/v2/shards", shard(FILE)[:-1], 400),
        ("/v2/shards", shard((Piece(NEVER_SENT, 0, 1),)), 400),
    ],
)
def test_what_is_malformed_is_refused_with_a_reason(store: Store, path: str, body: bytes, status: int) -> None:
    answer = store.post(path, body)
    assert answer.status == status
    assert answer.json["error"]


def test_another_epoch_another_token_another_range_are_refused(store: Store) -> None:
    plan = f"/reconstructions/{hash_of(FILE)}"
    assert ask(f"{store.url[:-4]}0000/v2{plan}", store.token).status == 404
    assert store.get(f"/v2{plan}", token="").status == 401
    assert store.get(f"/v2{plan}", token="nonsense").status == 401
    assert store.get("/v2/reconstructions/nonsense").status == 400
    assert ask(f"{store.url.rpartition('/')[0]}/any/fetch/nonsense").status == 403
    assert ask(f"{store.url.rpartition('/')[0]}/any/v1/shards", store.token, shard(FILE)).status == 404


def test_the_javascript_client_is_offered_what_it_asks_for(person: Person, tmp_path: Path) -> None:
    file = noise(tmp_path / "a.bin", MIB, 7)
    person.up("ada/js", "a.bin", file)
    accept = {"Accept": "application/vnd.xet-fileinfo+json, */*"}
    url = f"{person.server.endpoint('hub')}/ada/js/resolve/main/a.bin"
    answer = ask(url, person.server.token, byte_range="0-0", **accept)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/vnd.xet-fileinfo+json")
    assert answer.headers["X-Linked-Size"] == str(MIB)
    links = {part.split(";")[1].strip(): part.split(";")[0].strip(" <>") for part in answer.headers["Link"].split(",")}
    token = ask(links['rel="xet-auth"'], person.server.token).json["accessToken"]
    plan = ask(links['rel="xet-reconstruction-info"'], token)
    assert sum(term["unpacked_length"] for term in plan.json["terms"]) == MIB
