"""Answers to reconstruction queries, field by field."""

import json

from entrepot.protocols.huggingface.xet.answers import reconstruction_v1, reconstruction_v2
from entrepot.xet.merkle import XetHash, chunk_hash
from entrepot.xet.reconstruction import Fetch, Plan, Term

A, B = chunk_hash(b"a"), chunk_hash(b"b")
PLAN = Plan(
    5,
    (Term(A, 1, 3, 900), Term(B, 0, 1, 50), Term(A, 7, 8, 10)),
    (Fetch(A, 1, 3, 100, 999), Fetch(A, 7, 8, 2000, 2017), Fetch(B, 0, 1, 0, 57)),
)
TERMS = [
    {"hash": A.text, "unpacked_length": 900, "range": {"start": 1, "end": 3}},
    {"hash": B.text, "unpacked_length": 50, "range": {"start": 0, "end": 1}},
    {"hash": A.text, "unpacked_length": 10, "range": {"start": 7, "end": 8}},
]


def url_of(xorb: XetHash) -> str:
    return f"http://cas.test/{xorb}?signature=x"


def test_version_1_lists_ranges_of_chunks_and_of_bytes() -> None:
    assert json.loads(reconstruction_v1(PLAN, url_of)) == {
        "offset_into_first_range": 5,
        "terms": TERMS,
        "fetch_info": {
            A.text: [
                {"url": url_of(A), "range": {"start": 1, "end": 3}, "url_range": {"start": 100, "end": 999}},
                {"url": url_of(A), "range": {"start": 7, "end": 8}, "url_range": {"start": 2000, "end": 2017}},
            ],
            B.text: [{"url": url_of(B), "range": {"start": 0, "end": 1}, "url_range": {"start": 0, "end": 57}}],
        },
    }


def test_version_2_repeats_the_entry_rather_than_list_two_ranges() -> None:
    def entry(xorb: XetHash, chunks: tuple[int, int], found: tuple[int, int]) -> dict[str, object]:
        both = {
            "chunks": {"start": chunks[0], "end": chunks[1]},
            "bytes": {"start": found[0], "end": found[1]},
        }
        return {"url": url_of(xorb), "ranges": [both]}

    assert json.loads(reconstruction_v2(PLAN, url_of)) == {
        "offset_into_first_range": 5,
        "terms": TERMS,
        "xorbs": {
            A.text: [entry(A, (1, 3), (100, 999)), entry(A, (7, 8), (2000, 2017))],
            B.text: [entry(B, (0, 1), (0, 57))],
        },
    }


def test_a_url_is_signed_once_a_xorb() -> None:
    asked: list[XetHash] = []

    def counted(xorb: XetHash) -> str:
        asked.append(xorb)
        return url_of(xorb)

    reconstruction_v2(PLAN, counted)
    assert asked == [A, B]


def test_the_empty_file_has_an_answer() -> None:
    empty = {"offset_into_first_range": 0, "terms": []}
    assert json.loads(reconstruction_v1(Plan(0, (), ()), url_of)) == {**empty, "fetch_info": {}}
    assert json.loads(reconstruction_v2(Plan(0, (), ()), url_of)) == {**empty, "xorbs": {}}
