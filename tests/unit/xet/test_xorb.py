"""Xorbs: what is accepted, what is refused and with which words, and how chunks are found again."""

import os
import re
import tracemalloc

import lz4.frame
import pytest

from entrepot.domain.errors import Corrupt, Invalid, TooLarge
from entrepot.xet import xorb
from entrepot.xet.merkle import NO_CHUNKS, XetHash, chunk_hash, xorb_hash
from entrepot.xet.xorb import XorbIndex

CHUNKS = [b"a" * 9000, os.urandom(4097), b"abcd" * 20_000 + b"xyz", b"!"]
SCHEMES = [0, 1, 2, 0]


def regrouped(data: bytes) -> bytes:
    return b"".join(data[k::4] for k in range(4))


def header(stored: int, scheme: int, unpacked: int, version: int = 0) -> bytes:
    return bytes([version]) + stored.to_bytes(3, "little") + bytes([scheme]) + unpacked.to_bytes(3, "little")


def stored_chunk(chunk: bytes, scheme: int) -> bytes:
    packed = chunk if scheme == 0 else lz4.frame.compress(chunk if scheme == 1 else regrouped(chunk))
    return header(len(packed), scheme, len(chunk)) + packed


def hash_of(chunks: list[bytes]) -> XetHash:
    return xorb_hash([(chunk_hash(chunk), len(chunk)) for chunk in chunks])


BODY = b"".join(stored_chunk(chunk, scheme) for chunk, scheme in zip(CHUNKS, SCHEMES, strict=True))
HASH = hash_of(CHUNKS)


@pytest.fixture(scope="module")
def index() -> XorbIndex:
    return xorb.verify(BODY, HASH)


def test_a_xorb_of_all_schemes_is_verified_and_indexed(index: XorbIndex) -> None:
    assert len(index) == 4
    assert list(index.schemes) == SCHEMES
    assert index.physical_size == len(BODY)
    assert index.unpacked_size == sum(map(len, CHUNKS))
    assert [index.chunk_hash(i) for i in range(4)] == [chunk_hash(chunk) for chunk in CHUNKS]
    assert index.sizes_of(0, 4) == [len(chunk) for chunk in CHUNKS]
    assert index.sizes_of(1, 3) == [len(chunk) for chunk in CHUNKS[1:3]]


def test_every_range_of_chunks_reads_back(index: XorbIndex) -> None:
    for start in range(4):
        for end in range(start + 1, 5):
            first, last = index.physical_range(start, end)
            assert [bytes(c) for c in xorb.unpack(BODY[first:last], index, start, end)] == CHUNKS[start:end]
            assert index.unpacked_length(start, end) == sum(map(len, CHUNKS[start:end]))


def test_every_offset_is_found_in_its_chunk(index: XorbIndex) -> None:
    for chunk in range(4):
        start, end = index.unpacked_start(chunk), index.unpacked_start(chunk + 1)
        assert index.chunk_at(start) == index.chunk_at(end - 1) == chunk
    for beyond in (-1, index.unpacked_size):
        with pytest.raises(Invalid):
            index.chunk_at(beyond)


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (0, 0), (2, 1), (0, 5), (4, 5)])
def test_ranges_that_are_none_are_invalid(index: XorbIndex, start: int, end: int) -> None:
    for look in (index.physical_range, index.unpacked_length, index.hashes_of, index.sizes_of):
        with pytest.raises(Invalid, match=HASH.text):
            look(start, end)


def test_an_index_is_compact_and_reads_back(index: XorbIndex) -> None:
    assert XorbIndex.from_bytes(index.to_bytes()) == index
    assert len(index.to_bytes()) <= 44 * len(index) + 40


def test_a_footer_ends_the_chunks_and_is_cut_off(index: XorbIndex) -> None:
    found = xorb.verify(BODY + b"XETBLOB" + os.urandom(300), HASH)
    assert found == index
    assert found.physical_size == len(BODY)


def test_views_are_read_like_bytes(index: XorbIndex) -> None:
    assert xorb.verify(memoryview(bytearray(BODY)), HASH) == index


def test_what_we_pack_verifies() -> None:
    assert xorb.verify(xorb.pack(CHUNKS), HASH).unpacked_size == sum(map(len, CHUNKS))


def test_another_hash_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match=HASH.text):
        xorb.verify(BODY, chunk_hash(b"another"))


ZEROS = lz4.frame.compress(bytes(1000))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no chunks"),
        (b"XETBLOB" + bytes(100), "version"),
        (BODY[:-1], "bytes announced"),
        (BODY + b"\0\0", "breaks off"),
        (header(1, 0, 1, version=1) + b"a", "version 1"),
        (header(1, 3, 1) + b"a", "scheme 3"),
        (header(0, 0, 0), "limit"),
        (header(1, 0, 2) + b"a", "not packed"),
        (header(xorb.MAX_CHUNK + 1, 0, xorb.MAX_CHUNK + 1) + bytes(xorb.MAX_CHUNK + 1), "limit"),
        (header(len(ZEROS), 1, 0xFFFFFF) + ZEROS, "limit"),
        (header(len(ZEROS), 1, 999) + ZEROS, "more than the 999"),
        (header(len(ZEROS), 1, 1001) + ZEROS, "1000 bytes instead of the 1001"),
        (header(len(ZEROS) - 4, 1, 1000) + ZEROS[:-4], "does not end"),
        (header(len(ZEROS) + 1, 1, 1000) + ZEROS + b"\0", "does not end"),
        (header(2 * len(ZEROS), 1, 2000) + 2 * ZEROS, "does not end"),
        (header(20, 1, 1000) + b"x" * 20, "LZ4"),
    ],
)
def test_malformed_xorbs_are_refused_with_a_reason(body: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=re.escape(words)):
        xorb.verify(body, HASH)


def test_a_message_says_which_chunk_and_where() -> None:
    with pytest.raises(Invalid, match=rf"chunk 1, byte {len(stored_chunk(CHUNKS[0], 0))}: .*scheme 9"):
        xorb.verify(stored_chunk(CHUNKS[0], 0) + header(1, 9, 1) + b"a", HASH)


def test_a_bomb_stops_at_its_limit() -> None:
    bomb = lz4.frame.compress(bytes(64 * 1024 * 1024), store_size=True)
    body = header(len(bomb[: xorb.MAX_STORED_CHUNK]), 1, 4096) + bomb[: xorb.MAX_STORED_CHUNK]
    tracemalloc.start()
    try:
        with pytest.raises(Invalid, match="more than the 4096"):
            xorb.verify(body, HASH)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


def test_too_many_chunks_are_refused() -> None:
    with pytest.raises(TooLarge, match="8192 chunks"):
        xorb.verify(xorb.pack([b"a"] * (xorb.MAX_CHUNKS + 1)), HASH)


def test_a_xorb_over_the_limit_is_refused() -> None:
    whole = xorb.pack([bytes(xorb.MAX_CHUNK)] * 513)
    with pytest.raises(TooLarge, match="limit"):
        xorb.verify(whole, HASH)
    with pytest.raises(TooLarge, match="limit"):
        xorb.verify(bytes(xorb.MAX_UPLOAD + 1), HASH)


def test_a_full_xorb_of_incompressible_bytes_is_within_the_limit() -> None:
    chunks = [bytes([i % 256]) * 65536 for i in range(1024)]
    assert xorb.verify(xorb.pack(chunks), hash_of(chunks)).unpacked_size == 64 * 1024 * 1024


def test_stored_bytes_that_changed_are_corrupt(index: XorbIndex) -> None:
    first, last = index.physical_range(1, 3)
    for damaged in (
        BODY[first : last - 1],
        BODY[first:last] + b"\0",
        b"\1" + BODY[first + 1 : last],
        BODY[first : first + 4] + b"\0" + BODY[first + 5 : last],
        BODY[first : last - 4] + b"\1\1\1\1",
    ):
        with pytest.raises(Corrupt, match=HASH.text):
            list(xorb.unpack(damaged, index, 1, 3))


def test_stored_indexes_that_cannot_be_are_corrupt(index: XorbIndex) -> None:
    good = index.to_bytes()
    at = 37 + 32 * 4
    for damaged in (
        b"",
        good[:-1],
        good + b"\0",
        b"\2" + good[1:],
        good[:33] + bytes(4) + good[37:],
        good[:at] + b"\xff\xff\xff\xff" + good[at + 4 :],
        good[: at + 16] + bytes(4) + good[at + 20 :],
        good[:-1] + b"\3",
    ):
        with pytest.raises(Corrupt):
            XorbIndex.from_bytes(damaged)


def test_no_xorb_has_the_hash_of_nothing() -> None:
    with pytest.raises(Invalid, match="no chunks"):
        xorb.verify(b"", NO_CHUNKS)
