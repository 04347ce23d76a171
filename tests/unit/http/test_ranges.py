"""Byte ranges: parsed as RFC 9110 says, or passed over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import RangeNotSatisfiable
from entrepot.http import ranges

ETAG = "a" * 64


@given(
    header=st.none() | st.text(max_size=30) | st.from_regex(r"bytes=[0-9]{0,3}-[0-9]{0,3}", fullmatch=True),
    size=st.integers(0, 300),
)
def test_a_range_lies_in_the_file_or_is_refused(header: str | None, size: int) -> None:
    try:
        part = ranges.parse(header, size)
    except RangeNotSatisfiable as error:
        assert error.size == size
        return
    assert 0 <= part.start <= part.end <= size
    if part.is_whole:
        assert (part.start, part.end) == (0, size)
    else:
        assert part.length > 0
        assert part.content_range == f"bytes {part.start}-{part.end - 1}/{size}"


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=8-99", (8, 10)),
        ("bytes= 1 - 2 ", (1, 3)),
    ],
)
def test_a_range_is_the_bytes_that_it_names(header: str, part: tuple[int, int]) -> None:
    found = ranges.parse(header, 10)
    assert ((found.start, found.end), found.is_whole) == (part, False)


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=2-1", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b", "bytes=" + "9" * 20 + "-"],
)
def test_what_is_no_single_range_of_bytes_is_passed_over(header: str | None) -> None:
    assert ranges.parse(header, 10).is_whole
    assert ranges.bounds(header) == (0, None)


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_a_range_past_the_end_is_refused(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        ranges.parse(header, size)


def test_bounds_are_known_before_the_size() -> None:
    assert ranges.bounds("bytes=3-7") == (3, 7)
    assert ranges.bounds("bytes=3-") == (3, None)
    assert ranges.bounds("bytes=-3") == (0, None)


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [(None, "bytes=1-"), (f'"{ETAG}"', "bytes=1-"), (f'W/"{ETAG}"', None), ('"other"', None), (ETAG, None), ("", None)],
)
def test_a_part_is_joined_to_the_same_file_alone(condition: str | None, wanted: str | None) -> None:
    headers = {"range": "bytes=1-"} | ({} if condition is None else {"if-range": condition})
    assert ranges.asked(headers, ETAG) == wanted
