"""Announced files: only what its chunks make of it passes, and a refusal says which term is wrong."""

from dataclasses import replace
from typing import Any

import pytest

from entrepot.domain.errors import Invalid
from entrepot.xet import xorb
from entrepot.xet.assembly import AnnouncedFile, verify_file
from entrepot.xet.merkle import NO_CHUNKS, chunk_hash, file_hash, range_hash, xorb_hash
from entrepot.xet.reconstruction import Term
from entrepot.xet.xorb import XorbIndex


def index_of(chunks: list[bytes]) -> XorbIndex:
    return xorb.verify(xorb.pack(chunks), xorb_hash([(chunk_hash(c), len(c)) for c in chunks]))


ONE = index_of([bytes([i]) * (100 + i) for i in range(30)])
TWO = index_of([b"two", b"second"])
XORBS = {ONE.hash: ONE, TWO.hash: TWO}


def term(index: XorbIndex, start: int, end: int) -> Term:
    return Term(index.hash, start, end, index.unpacked_length(start, end))


def announced(*terms: Term) -> AnnouncedFile:
    chunks, ranges = [], []
    for part in terms:
        index = XORBS[part.xorb]
        ranges.append(range_hash(index.hashes_of(part.start, part.end)))
        sizes = index.sizes_of(part.start, part.end)
        chunks += [(index.chunk_hash(part.start + i), size) for i, size in enumerate(sizes)]
    return AnnouncedFile(file_hash(chunks), terms, tuple(ranges), None)


FILE = announced(term(ONE, 3, 25), term(TWO, 0, 2), term(ONE, 0, 30), term(TWO, 1, 2))


def test_a_file_that_its_chunks_make_passes() -> None:
    verify_file(FILE, XORBS)
    assert FILE.size == sum(part.length for part in FILE.terms)


def test_the_empty_file_passes() -> None:
    verify_file(AnnouncedFile(NO_CHUNKS, (), (), None), {})


def with_term(number: int, **changes: Any) -> AnnouncedFile:
    terms = list(FILE.terms)
    terms[number] = replace(terms[number], **changes)
    return replace(FILE, terms=tuple(terms))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (with_term(1, xorb=chunk_hash(b"lost")), "term 1: xorb .* is not here"),
        (with_term(2, end=31), "term 2: .*has 30 chunks"),
        (with_term(2, length=5), "term 2: .*not 5"),
        (with_term(3, start=0, end=1, length=3), "term 3: .*verification hash"),
        (replace(FILE, ranges=FILE.ranges[:3] if FILE.ranges else None), "verification hash for each"),
        (replace(FILE, ranges=None), "verification hash for each"),
        (replace(FILE, hash=chunk_hash(b"other")), "terms hash to"),
        (AnnouncedFile(chunk_hash(b"other"), (), (), None), "terms hash to"),
    ],
)
def test_what_does_not_fit_is_named(file: AnnouncedFile, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        verify_file(file, XORBS)
    assert file.hash.text in caught.value.message


def test_terms_in_another_order_are_another_file() -> None:
    assert FILE.ranges is not None
    swapped = replace(FILE, terms=FILE.terms[::-1], ranges=FILE.ranges[::-1])
    with pytest.raises(Invalid, match="terms hash to"):
        verify_file(swapped, XORBS)
