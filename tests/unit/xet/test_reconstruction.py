"""Plans of reconstruction: following them gives exactly the bytes that were asked for."""

import os
from collections.abc import Mapping

import pytest

from entrepot.domain.digest import Digest
from entrepot.domain.errors import Corrupt, RangeNotSatisfiable
from entrepot.xet import virtual, xorb
from entrepot.xet.merkle import XetHash, chunk_hash, xorb_hash
from entrepot.xet.reconstruction import ChunkMap, Fetch, Plan, Term, covered, plan, virtual_terms
from entrepot.xet.xorb import HEADER_BYTES, XorbIndex

ONE = [os.urandom(n) for n in (10, 20, 30, 40, 50)]
TWO = [os.urandom(n) for n in (7, 1, 100)]


def packed(chunks: list[bytes]) -> tuple[XorbIndex, bytes]:
    body = xorb.pack(chunks)
    return xorb.verify(body, xorb_hash([(chunk_hash(c), len(c)) for c in chunks])), body


INDEX_ONE, BODY_ONE = packed(ONE)
INDEX_TWO, BODY_TWO = packed(TWO)
XORBS: dict[XetHash, ChunkMap] = {INDEX_ONE.hash: INDEX_ONE, INDEX_TWO.hash: INDEX_TWO}
BODIES = {INDEX_ONE.hash: BODY_ONE, INDEX_TWO.hash: BODY_TWO}


def term(index: XorbIndex, start: int, end: int) -> Term:
    return Term(index.hash, start, end, index.unpacked_length(start, end))


TERMS = [term(INDEX_ONE, 1, 3), term(INDEX_TWO, 0, 3), term(INDEX_ONE, 2, 5), term(INDEX_TWO, 1, 2)]
FILE = b"".join([*ONE[1:3], *TWO, *ONE[2:5], TWO[1]])


def followed(found: Plan, bodies: Mapping[XetHash, bytes]) -> bytes:
    """What a client makes of a plan: raw chunks only, as these samples have."""
    out = b""
    for wanted in found.terms:
        (fetch,) = [
            f for f in found.fetches if f.xorb == wanted.xorb and f.start <= wanted.start and wanted.end <= f.end
        ]
        data = memoryview(bodies[fetch.xorb])[fetch.first_byte : fetch.last_byte + 1]
        chunks = []
        while data:
            size = int.from_bytes(data[1:4], "little")
            chunks.append(data[HEADER_BYTES : HEADER_BYTES + size])
            data = data[HEADER_BYTES + size :]
        plain = b"".join(chunks[wanted.start - fetch.start : wanted.end - fetch.start])
        assert len(plain) == wanted.length
        out += plain
    return out[found.offset :]


def test_every_range_is_put_together_from_its_plan() -> None:
    for first in range(len(FILE)):
        for last in range(first, len(FILE)):
            found = plan(covered(TERMS, first, last), XORBS)
            assert followed(found, BODIES)[: last - first + 1] == FILE[first : last + 1]


def test_no_more_chunks_are_fetched_than_needed() -> None:
    found = plan(covered(TERMS, 25, 51), XORBS)
    assert found.terms == (term(INDEX_ONE, 2, 3), term(INDEX_TWO, 0, 1))
    assert found.offset == 5


def test_ranges_of_a_xorb_that_touch_are_one_fetch_and_others_are_not() -> None:
    whole = plan(covered(TERMS), XORBS)
    assert whole.fetches == (
        Fetch(INDEX_ONE.hash, 1, 5, 18, INDEX_ONE.physical_size - 1),
        Fetch(INDEX_TWO.hash, 0, 3, 0, INDEX_TWO.physical_size - 1),
    )
    apart = plan(covered([term(INDEX_ONE, 0, 1), term(INDEX_ONE, 4, 5), term(INDEX_ONE, 0, 1)]), XORBS)
    assert [(fetch.start, fetch.end) for fetch in apart.fetches] == [(0, 1), (4, 5)]


def test_a_range_that_ends_past_the_end_is_cut() -> None:
    assert plan(covered(TERMS, 5, 10**9), XORBS) == plan(covered(TERMS, 5), XORBS)


@pytest.mark.parametrize(("first", "last"), [(len(FILE), None), (len(FILE), 10**9), (4, 3), (-1, 3)])
def test_a_range_of_nothing_cannot_be_satisfied(first: int, last: int | None) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        covered(TERMS, first, last)
    assert caught.value.size == len(FILE)


def test_the_empty_file_is_no_terms_and_has_no_ranges() -> None:
    assert plan(covered([]), {}) == Plan(0, (), ())
    with pytest.raises(RangeNotSatisfiable):
        covered([], 0, 0)


def test_only_the_xorbs_of_the_range_are_needed() -> None:
    cover = covered(TERMS, 0, 49)
    assert {t.xorb for t in cover.terms} == {INDEX_ONE.hash}
    assert followed(plan(cover, {INDEX_ONE.hash: INDEX_ONE}), BODIES) == FILE[:50]


def test_a_missing_or_different_xorb_is_corrupt() -> None:
    with pytest.raises(Corrupt, match="missing"):
        plan(covered(TERMS), {})
    with pytest.raises(Corrupt, match="not 31 bytes"):
        plan(covered([Term(INDEX_ONE.hash, 0, 2, 31)]), XORBS)


@pytest.mark.parametrize(
    ("first", "last"),
    [(0, None), (virtual.XORB - 5, virtual.XORB + 5), (virtual.XORB, None), (131072, 131072), (5, 300_000)],
)
def test_plain_blobs_are_planned_like_xorbs(first: int, last: int | None) -> None:
    blob = os.urandom(1024) * ((virtual.XORB + 300_000) // 1024)
    parts = virtual.xorbs(Digest.of(blob), len(blob))
    maps: dict[XetHash, ChunkMap] = {part.hash: part for part in parts}
    found = plan(covered(virtual_terms(parts), first, last), maps)
    bodies = {}
    for part in parts:
        piece = blob[part.start : part.start + part.length]
        bodies[part.hash] = xorb.pack(piece[i : i + virtual.CHUNK] for i in range(0, len(piece), virtual.CHUNK))
    end = len(blob) if last is None else last + 1
    assert followed(found, bodies)[: end - first] == blob[first:end]
    assert sum(t.length for t in found.terms) < end - first + 2 * virtual.CHUNK
