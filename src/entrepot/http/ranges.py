"""Byte ranges of a request (RFC 9110, section 14): at most one, or the whole file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from entrepot.domain.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From `start` up to and not including `end`, of `size` bytes."""

    start: int
    end: int
    size: int
    is_whole: bool
    """Whether no range was asked for, so that the answer is 200 rather than 206."""

    @property
    def length(self) -> int:
        """How many bytes that is."""
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The header's value; its end is inclusive."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def parse(header: str | None, size: int) -> ByteRange:
    """The range that the header asks for.

    A header of another unit, of several ranges, or malformed is passed over, as the RFC has it. Raises
    `RangeNotSatisfiable` for a range that begins past the end.
    """
    whole = ByteRange(0, size, size, True)
    match = _RANGE.fullmatch(header) if header else None
    if match is None or (not match[1] and not match[2]):
        return whole
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
        unsatisfiable = int(match[2]) == 0 or size == 0
    else:
        start = int(match[1])
        end = min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < start:
            return whole
        unsatisfiable = start >= size
    if unsatisfiable:
        raise RangeNotSatisfiable(f"the range {header!r} lies outside of the {size} bytes there are", size)
    return ByteRange(start, end, size, False)


def asked(headers: Mapping[str, str], etag: str) -> str | None:
    """The range that is asked for; None where the client would join it to a part of another file (`If-Range`)."""
    condition = headers.get("if-range")
    return headers.get("range") if condition in (None, f'"{etag}"') else None


def bounds(header: str | None) -> tuple[int, int | None]:
    """The first and last byte that the header asks for, where the size is not known yet; the last is None for the end.

    What `parse` passes over is passed over here too, and so is a range that counts from the end.
    """
    match = _RANGE.fullmatch(header) if header else None
    if match is None or not match[1] or (match[2] and int(match[2]) < int(match[1])):
        return 0, None
    return int(match[1]), int(match[2]) if match[2] else None
