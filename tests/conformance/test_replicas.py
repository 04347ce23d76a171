"""Two servers over one PostgreSQL and one folder of blobs are one registry."""

import asyncio
import contextlib
import hashlib
import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

import real_postgres
from entrepot_testing import run
from fake_hub import FakeFile, FakeHub, running_hub
from hand_client import Hand
from live_server import LiveServer
from weights_making import weights
from xet_making import Pack, Piece, shard

MIB = 1 << 20
BIG = weights(24 * MIB)
SECRET = "the same key for both of them"


@dataclass(frozen=True)
class Replicas:
    """Two servers of one registry."""

    a: LiveServer
    b: LiveServer

    @property
    def hands(self) -> tuple[Hand, Hand]:
        """The administrator at each of them."""
        token = next(server.token for server in (self.a, self.b) if (server.data / "admin-token").exists())
        return Hand(self.a, token=token), Hand(self.b, token=token)


class Hub:
    """An upstream in a thread, so that a test can wait for servers meanwhile."""

    def __init__(self) -> None:
        self.hub: FakeHub | None = None
        self._ready, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: run(self._live))

    async def _live(self) -> None:
        async with running_hub() as self.hub:
            self._ready.set()
            while not self._over.is_set():
                await asyncio.sleep(0.05)

    def __enter__(self) -> FakeHub:
        self._thread.start()
        assert self._ready.wait(30) and self.hub is not None
        return self.hub

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeHub]:
    with Hub() as hub:
        yield hub


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    folder = tmp_path_factory.mktemp("replicas")
    postgres = real_postgres.start(folder / "postgres")
    shared = {
        "database": real_postgres.new_database(postgres, "entrepot"),
        "blobs": (folder / "shared blobs").as_uri(),
        "secret_key": SECRET,
        "workers": 2,
        "branch_seconds": 0,
    }
    try:
        # They start at once, as replicas do.
        with ThreadPoolExecutor(2) as threads:
            both = list(threads.map(lambda name: LiveServer(folder / name, **shared), ["a", "b"]))
        with both[0], both[1]:
            yield Replicas(*both)
    finally:
        postgres.cleanup()


@pytest.fixture
def package(replicas: Replicas, request: pytest.FixtureRequest) -> str:
    name = "ada/" + hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    replicas.hands[0].create(name)
    return name


def is_sound(server: LiveServer) -> None:
    said = server.command("fsck", "--deep")
    assert (said.returncode, said.stdout) == (0, "Catalog and store agree.\n"), said


def test_what_is_uploaded_at_one_is_read_at_the_other_at_once(replicas: Replicas, package: str) -> None:
    for number, (here, there) in enumerate([replicas.hands, replicas.hands[::-1]]):
        data = weights(MIB + number)
        here.put(package, f"{number}.bin", data)
        assert there.get(package, f"{number}.bin").body == data
        assert here.commit(package, f"{number}.txt", b"small").status == 200
        for _ in range(4):  # whichever worker answers
            assert there.get(package, f"{number}.txt").body == b"small"


def test_a_branch_that_moves_at_one_has_moved_at_the_other(replicas: Replicas, package: str) -> None:
    a, b = replicas.hands
    for number in range(4):
        a.commit(package, "config.json", b'{"at": %d}' % number)
        assert {b.get(package, "config.json").json["at"] for _ in range(4)} == {number}
    a.ok("POST", f"/api/models/{package}/branch/side", {})
    assert b.commit(package, "side.txt", b"side", branch="side").status == 200
    assert a.ask("GET", f"/{package}/resolve/side/side.txt").body == b"side"
    assert a.get(package, "side.txt").status == 404


def test_a_package_that_is_deleted_at_one_is_gone_at_the_other(replicas: Replicas, package: str) -> None:
    a, b = replicas.hands
    a.put(package, "big.bin", BIG)
    assert {b.get(package, "big.bin").status for _ in range(4)} == {200}
    a.ok("DELETE", "/api/repos/delete", {"name": package})
    assert {b.get(package, "big.bin").status for _ in range(4)} == {404}
    assert {b.ask("GET", f"/api/models/{package}").status for _ in range(4)} == {404}


def test_a_token_that_is_revoked_at_one_is_refused_at_the_other(replicas: Replicas, package: str) -> None:
    a, b = replicas.hands
    made = a.at_root("POST", "/api/v1/tokens", {"name": "t", "user": "eve", "scopes": ["models:read"]})
    eve = Hand(replicas.b, token=made["token"])
    assert {eve.ask("GET", f"/api/models/{package}").status for _ in range(4)} == {200}
    a.at_root("DELETE", f"/api/v1/tokens/{made['id']}")
    assert {eve.ask("GET", f"/api/models/{package}").status for _ in range(4)} == {401}
    assert b.ask("GET", f"/api/models/{package}").status == 200


def test_links_that_one_made_are_good_at_the_other(replicas: Replicas, package: str) -> None:
    a, b = replicas.hands
    data = weights(3 * MIB, package)
    digest = hashlib.sha256(data).hexdigest()
    action = a.invite(package, digest, len(data))
    assert action is not None
    assert b.ask("PUT", b.path_of(action["href"]), data).status == 200
    assert a.commit(package, "x.bin", data, large=True).status == 200
    wanted = {"operation": "download", "objects": [{"oid": digest, "size": len(data)}]}
    (found,) = a.ok("POST", f"/{package}.git/info/lfs/objects/batch", wanted)["objects"]
    assert b.ask("GET", b.path_of(found["actions"]["download"]["href"])).body == data


def test_an_upload_over_xet_may_begin_at_one_and_end_at_the_other(replicas: Replicas, package: str) -> None:
    a, b = replicas.hands
    at_a, at_b = (hand.ok("GET", f"/api/models/{package}/xet-write-token/main") for hand in (a, b))
    assert a.path_of(at_a["casUrl"]) == b.path_of(at_b["casUrl"])
    data = weights(MIB, package)
    pack = Pack(tuple(data[start : start + MIB // 16] for start in range(0, MIB, MIB // 16)))
    cas = b.path_of(at_a["casUrl"])
    headers = {"Authorization": f"Bearer {at_a['accessToken']}"}
    assert b.ask("POST", f"{cas}/v1/xorbs/default/{pack.hash}", pack.data, headers).status == 200
    assert a.ask("POST", f"{cas}/v1/shards", shard((Piece(pack, 0, 16),)), headers).status == 200
    assert b.commit(package, "x.bin", data, large=True).status == 200
    assert a.get(package, "x.bin").body == data


def test_many_who_want_the_same_cold_file_cost_upstream_one_fetch(replicas: Replicas, upstream: FakeHub) -> None:
    upstream.add("org/cold", {"model.safetensors": FakeFile(BIG, lfs=True)})
    replicas.hands[0].at_root(
        "POST", "/api/v1/repositories", {"key": "mirror", "kind": "remote", "upstream": upstream.url}
    )
    hands = [Hand(hand.server, "mirror", hand.token) for hand in replicas.hands] * 8
    before = upstream.sent
    with ThreadPoolExecutor(len(hands)) as threads:
        answers = list(threads.map(lambda hand: hand.get("org/cold", "model.safetensors"), hands))
    assert [hashlib.sha256(answer.body).hexdigest() for answer in answers] == [hashlib.sha256(BIG).hexdigest()] * 16
    assert upstream.asked["GET model.safetensors"] == 1
    assert upstream.sent - before == len(BIG)
    # Before that, each process may take a look of its own at parts of it.
    assert upstream.glanced < len(BIG)


def test_whoever_was_at_a_server_that_dies_goes_on_at_the_other(replicas: Replicas, package: str) -> None:
    a, b = replicas.hands
    a.put(package, "big.bin", BIG)
    killed = threading.Event()
    with ThreadPoolExecutor(6) as threads:
        begun = [threading.Event() for _ in range(6)]
        running = [threads.submit(broken_download, (a, b), package, event, killed) for event in begun]
        for event in begun:
            assert event.wait(30)
        replicas.a.kill()
        killed.set()
        assert all(download.result(60) == BIG for download in running)
    replicas.a.start()
    assert a.get(package, "big.bin").body == BIG
    is_sound(replicas.a)
    is_sound(replicas.b)


def broken_download(hands: tuple[Hand, Hand], package: str, begun: threading.Event, killed: threading.Event) -> bytes:
    """A file, begun at one server and, once that is gone, ended at the other."""
    first, second = hands
    connection = http.client.HTTPConnection("127.0.0.1", first.server.port, timeout=60)
    path = f"/hub/models/{package}/resolve/main/big.bin"
    connection.request("GET", path, headers={"Authorization": f"Bearer {first.token}"})
    answer = connection.getresponse()
    taken = answer.read(MIB)
    begun.set()
    assert killed.wait(60)
    with contextlib.suppress(OSError, http.client.HTTPException):
        while piece := answer.read(MIB):
            taken += piece
    connection.close()
    assert 0 < len(taken) < len(BIG)
    rest = second.get(package, "big.bin", len(taken))
    assert rest.status == 206
    return taken + rest.body
