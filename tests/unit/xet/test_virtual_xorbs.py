"""Plain blobs as xorbs: the same bytes as if the xorb had been packed, whichever range is asked for."""

import os
from itertools import pairwise

import pytest

from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid, RangeNotSatisfiable
from entrepot.xet import virtual
from entrepot.xet.merkle import chunk_hash
from entrepot.xet.virtual import CHUNK, STORED_CHUNK, XORB, Batch, Stretch
from entrepot.xet.xorb import MAX_XORB, pack

BLOB = os.urandom(3 * CHUNK + 1000)
DIGEST = Digest.of(BLOB)
PACKED = pack([BLOB[i : i + CHUNK] for i in range(0, len(BLOB), CHUNK)])
ONLY = virtual.xorb(DIGEST, len(BLOB), 0)


def streamed(first: int, last: int | None, chunks: int = 2) -> bytes:
    wanted = virtual.batches(virtual.segments(ONLY, first, last), chunks)
    return b"".join(batch.weave(BLOB[batch.offset : batch.offset + batch.length]) for batch in wanted)


def test_the_whole_is_what_packing_would_have_given() -> None:
    assert streamed(0, None) == PACKED
    assert ONLY.physical_size == len(PACKED)
    assert len(ONLY) == 4


EDGES = [0, 1, 7, 8, 9, 1000, STORED_CHUNK - 1, STORED_CHUNK, STORED_CHUNK + 3, STORED_CHUNK + 8, len(PACKED) - 1]


@pytest.mark.parametrize("first", EDGES)
@pytest.mark.parametrize("chunks", [1, 2, 8])
def test_every_range_is_what_packing_would_have_given(first: int, chunks: int) -> None:
    for last in EDGES:
        if first <= last:
            assert streamed(first, last, chunks) == PACKED[first : last + 1]


def test_a_range_that_ends_past_the_end_is_cut() -> None:
    assert streamed(len(PACKED) - 5, 10 * len(PACKED)) == PACKED[-5:]


@pytest.mark.parametrize(("first", "last"), [(len(PACKED), None), (len(PACKED), 2 * len(PACKED)), (5, 4), (-1, 4)])
def test_a_range_of_nothing_cannot_be_satisfied(first: int, last: int | None) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        virtual.segments(ONLY, first, last)
    assert caught.value.size == len(PACKED)


def test_reads_are_of_one_mebibyte_and_copy_once() -> None:
    part = virtual.xorb(DIGEST, 10 * XORB, 3)
    found = list(virtual.batches(virtual.segments(part, 0)))
    assert {batch.length for batch in found[:-1]} == {1024 * 1024}
    assert sum(batch.length for batch in found) == XORB
    assert found[0].offset == part.start
    assert all(a.offset + a.length == b.offset for a, b in pairwise(found))


def test_a_batch_wants_exactly_its_bytes() -> None:
    with pytest.raises(ValueError, match="batch"):
        Batch(0, 4, (Stretch(0, 4),)).weave(b"abc")


def test_a_blob_is_cut_into_xorbs_within_the_limits() -> None:
    size = 2 * XORB + 5
    parts = virtual.xorbs(DIGEST, size)
    assert [(part.number, part.start, part.length) for part in parts] == [
        (0, 0, XORB),
        (1, XORB, XORB),
        (2, 2 * XORB, 5),
    ]
    assert parts[0].physical_size == XORB + 8 * 500 <= MAX_XORB
    assert parts[2].physical_size == 13
    assert virtual.xorbs(DIGEST, XORB) == [virtual.xorb(DIGEST, XORB, 0)]
    assert virtual.xorbs(DIGEST, 0) == []


def test_a_xorb_that_the_blob_has_not_is_invalid() -> None:
    for number in (-1, 1):
        with pytest.raises(Invalid, match="virtual xorbs"):
            virtual.xorb(DIGEST, XORB, number)


def test_ranges_of_chunks_are_found() -> None:
    assert ONLY.physical_range(1, 3) == (STORED_CHUNK, 3 * STORED_CHUNK)
    assert ONLY.physical_range(3, 4) == (3 * STORED_CHUNK, len(PACKED))
    assert ONLY.unpacked_length(2, 4) == CHUNK + 1000
    assert ONLY.unpacked_start(4) == len(BLOB)
    assert ONLY.chunk_at(CHUNK) == 1
    for look in (ONLY.physical_range, ONLY.unpacked_length):
        with pytest.raises(Invalid):
            look(2, 5)
    with pytest.raises(Invalid):
        ONLY.chunk_at(len(BLOB))
    with pytest.raises(Invalid):
        ONLY.unpacked_start(5)


def test_made_up_hashes_depend_on_content_and_place_only() -> None:
    other = Digest.of(b"other")
    hashes = [
        virtual.file_hash(DIGEST),
        virtual.file_hash(other),
        *(part.hash for part in virtual.xorbs(DIGEST, 3 * XORB)),
        *(part.hash for part in virtual.xorbs(other, 3 * XORB)),
    ]
    assert len(set(hashes)) == len(hashes)
    assert virtual.file_hash(Digest(DIGEST.hex)) == hashes[0]
    assert chunk_hash(DIGEST.raw) not in hashes


def test_made_up_hashes_stay_as_they_were() -> None:
    # clients keep a machine-wide store keyed by these: another value means downloading again
    hello = Digest.of(b"hello")
    assert virtual.file_hash(hello).text == "7fd0d0ac84c69ba1138e2f80f9d89bb9af39021a5b6987ad6727a1bb064c9a72"
    assert virtual.xorb(hello, 5, 0).hash.text == "b4eb936807e53e59d7a8c881c63179aa079b61bd60ed6199aacd607167702c41"
