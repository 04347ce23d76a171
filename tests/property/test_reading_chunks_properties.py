"""Any range of a chunked or woven blob is what a slice would be, and a Range header means one thing everywhere."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from entrepot.blobs import chunks
from entrepot.blobs.backends.memory import MemoryBlobs
from entrepot.blobs.chunks import Part
from entrepot.domain.digest import Digest
from entrepot.domain.errors import RangeNotSatisfiable
from entrepot.http import ranges
from entrepot.operations.recent import Recent
from entrepot.operations.xet.woven import WovenSource
from entrepot.xet import virtual, xorb
from entrepot.xet.merkle import chunk_hash, xorb_hash

LARGE = bytes(range(251)) * 3000
EDGES = st.integers(0, len(LARGE))


async def collected(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


class OneBlob(MemoryBlobs):
    """A store that has one blob, and no folder to clean up."""

    def __init__(self, data: bytes) -> None:
        self._blobs = {Digest.of(data): data}


@given(st.data())
def test_a_range_of_chunks_is_a_slice(data: st.DataObject) -> None:
    cut = data.draw(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=12))
    packed = xorb.pack(cut)
    index = xorb.verify(packed, xorb_hash([(chunk_hash(c), len(c)) for c in cut]))
    spans = data.draw(st.lists(st.tuples(*[st.integers(0, len(cut))] * 2).map(sorted), max_size=5))
    spans = [(first, end) for first, end in spans if first < end]
    whole = b"".join(c for first, end in spans for c in cut[first:end])
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))

    async def parts() -> AsyncIterator[Part]:
        for first, stop in spans:
            yield Part(Digest.of(packed), index, first, stop)

    async def test() -> None:
        store = OneBlob(packed)
        assert await collected(chunks.read(store, parts(), start, end)) == whole[start:end]
        fed = bytearray()
        await chunks.feed(store, parts(), fed.extend)
        assert fed == whole

    asyncio.run(test())


class Pieces:
    """A file that comes in pieces of one length."""

    path: Path | None = None

    def __init__(self, size: int) -> None:
        self._size = size

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        for at in range(start, end, self._size):
            yield LARGE[at : min(at + self._size, end)]


@given(EDGES, EDGES, st.sampled_from([1000, 131_072, 100_003, 1 << 20]))
def test_a_range_of_a_woven_xorb_is_a_slice_of_it(one: int, other: int, size: int) -> None:
    part = virtual.xorb(Digest.of(LARGE), len(LARGE), 0)
    whole = xorb.pack(LARGE[at : at + virtual.CHUNK] for at in range(0, len(LARGE), virtual.CHUNK))
    start, end = sorted((one, other))
    assert asyncio.run(collected(WovenSource(part, Pieces(size)).read(start, end))) == whole[start:end]


@given(
    st.one_of(st.none(), st.text(max_size=30), st.from_regex(r"bytes=\d{0,8}-\d{0,8}", fullmatch=True)),
    st.integers(0, 10**6),
)
def test_bounds_and_parse_agree(header: str | None, size: int) -> None:
    first, last = ranges.bounds(header)
    try:
        part = ranges.parse(header, size)
    except RangeNotSatisfiable:
        assert first >= size or first == 0
        return
    if header is not None and header.startswith("bytes=-"):
        assert (first, last) == (0, None)
    else:
        assert (part.start, part.end) == (first, size if last is None else min(last + 1, size))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60))))
def test_what_is_remembered_stays_within_its_weight(puts: list[tuple[int, int]]) -> None:
    recent: Recent[int] = Recent(100, lambda value: value)
    for key, value in puts:
        recent.put(key, value)
        assert recent.get(key) == value
        assert sum(recent.get(other) or 0 for other in range(10)) <= 100
