"""What every place for bytes keeps to: each backend that is found runs through all of this."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.blobs.backends.disk import DiskBlobs
from entrepot.blobs.store import PIECE, Backend, BlobStore
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Corrupt
from entrepot.plugins import collect

BACKENDS = collect("entrepot.blobs.backends", "BACKEND", Backend, lambda backend: backend.scheme)
URLS = {"file": lambda folder: folder.as_uri(), "memory": lambda folder: "memory:"}
DATA = secrets.token_bytes(2 * PIECE + 77)


@pytest.fixture(params=sorted(BACKENDS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    """An empty store of each backend."""
    opened = BACKENDS[request.param].open(URLS[request.param](tmp_path / "store"))
    yield opened
    if hasattr(opened, "_folder"):
        opened._folder.cleanup()


def _stage(store: BlobStore, data: bytes) -> Path:
    path = store.folder / f"in-{secrets.token_hex(8)}"
    path.write_bytes(data)
    return path


async def _put(store: BlobStore, data: bytes) -> Digest:
    digest = Digest.of(data)
    await store.put(_stage(store, data), digest, len(data))
    return digest


async def _read(store: BlobStore, digest: Digest, start: int, end: int) -> bytes:
    return b"".join([piece async for piece in store.read(digest, start, end)])


@pytest.mark.parametrize("data", [b"", b"x", DATA], ids=["empty", "a byte", "more than two pieces"])
def test_what_is_put_can_be_read(store: BlobStore, data: bytes) -> None:
    async def play() -> None:
        digest = await _put(store, data)
        assert await store.size(digest) == len(data)
        assert await _read(store, digest, 0, len(data)) == data

    asyncio.run(play())


@pytest.mark.parametrize(("start", "end"), [(0, 0), (0, 1), (PIECE - 1, PIECE + 1), (5, 5), (len(DATA) - 1, len(DATA))])
def test_any_range_can_be_read(store: BlobStore, start: int, end: int) -> None:
    async def play() -> None:
        digest = await _put(store, DATA)
        assert await _read(store, digest, start, end) == DATA[start:end]

    asyncio.run(play())


def test_pieces_are_small(store: BlobStore) -> None:
    async def play() -> None:
        digest = await _put(store, DATA)
        async for piece in store.read(digest, 0, len(DATA)):
            assert 0 < len(piece) <= PIECE

    asyncio.run(play())


def test_the_staged_name_is_gone_after_put(store: BlobStore) -> None:
    async def play() -> None:
        for _ in range(2):
            await _put(store, b"the same twice")
        assert list(store.folder.iterdir()) == []
        assert [item async for item in store.walk()] == [(Digest.of(b"the same twice"), 14)]

    asyncio.run(play())


def test_a_staged_file_of_another_size_is_refused(store: BlobStore) -> None:
    async def play() -> None:
        with pytest.raises(Corrupt):
            await store.put(_stage(store, b"short"), Digest.of(b"longer"), 6)
        assert await store.size(Digest.of(b"longer")) is None
        assert list(store.folder.iterdir()) == []

    asyncio.run(play())


def test_what_is_not_there_is_not_there(store: BlobStore) -> None:
    async def play() -> None:
        nothing = Digest.of(b"nothing")
        assert await store.size(nothing) is None
        assert not await store.delete(nothing)
        assert [item async for item in store.walk()] == []
        with pytest.raises(Corrupt):
            await _read(store, nothing, 0, 1)

    asyncio.run(play())


def test_reading_past_the_end_is_no_short_answer(store: BlobStore) -> None:
    async def play() -> None:
        digest = await _put(store, b"three")
        with pytest.raises(Corrupt):
            await _read(store, digest, 0, 6)

    asyncio.run(play())


def test_what_is_deleted_can_be_put_again(store: BlobStore) -> None:
    async def play() -> None:
        digest = await _put(store, b"again")
        assert await store.delete(digest)
        assert not await store.delete(digest)
        assert await store.size(digest) is None
        await _put(store, b"again")
        assert await _read(store, digest, 0, 5) == b"again"

    asyncio.run(play())


def test_a_walk_finds_everything(store: BlobStore) -> None:
    async def play() -> None:
        expected = {(await _put(store, str(number).encode()), len(str(number))) for number in range(40)}
        assert {item async for item in store.walk()} == expected

    asyncio.run(play())


def test_many_may_put_the_same_at_once(store: BlobStore) -> None:
    async def play() -> None:
        digests = await asyncio.gather(*(_put(store, DATA) for _ in range(8)))
        assert set(digests) == {Digest.of(DATA)}
        assert await _read(store, digests[0], 0, len(DATA)) == DATA

    asyncio.run(play())


def test_a_path_has_exactly_the_bytes(store: BlobStore) -> None:
    async def play() -> None:
        path = store.path(await _put(store, DATA))
        assert path is None or path.read_bytes() == DATA

    asyncio.run(play())


def test_a_stored_file_is_read_only(tmp_path: Path) -> None:
    store = DiskBlobs(tmp_path)
    digest = asyncio.run(_put(store, b"kept"))
    assert store.path(digest).stat().st_mode & 0o777 == 0o444
