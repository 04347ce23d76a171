"""Where the parts of an ExecuTorch file lie: the FlatBuffer at its beginning, the segments behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entrepot.scan.budget import Unreadable
from entrepot.scan.flatbuffer import Buffer
from entrepot.scan.source import Source

PROGRAM, VALUES = b"eh00", b"FH01"
_SHORT = 24
"""Bytes of a header that does not yet tell how much the segments have in all."""


@dataclass(frozen=True, slots=True)
class Header:
    """What stands behind the FlatBuffer's own magic, where it does."""

    flat: int
    """Bytes of the FlatBuffer, from the file's beginning."""
    base: int
    """Where segments are counted from."""
    data: int
    """Bytes of all segments; zero where that is not told."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of bytes behind the FlatBuffer."""

    start: int
    size: int

    @property
    def stop(self) -> int:
        """Behind its last byte."""
        return self.start + self.size


def header(source: Source) -> Header | None:
    """The extended header; None in files from before there was one. Raises `Unreadable`."""
    head = source.read(8, 40)
    magic, length = head[:4], int.from_bytes(head[4:8], "little")
    if magic not in (PROGRAM, VALUES):
        return None
    fields = [int.from_bytes(head[at : at + 8], "little") for at in range(8, 40, 8)]
    if length < _SHORT:
        raise Unreadable(f"an extended header of {length} bytes")
    if magic == VALUES:
        begin, size, base, data = fields
        return Header(begin + size, base, data)
    size, base, data, _ = fields
    return Header(size, base, data if length > _SHORT else 0)


def segments(buffer: Buffer, tables: Sequence[int], base: int) -> list[Segment]:
    """The segments that these tables describe. Raises `Unreadable`."""
    return [Segment(base + buffer.value(at, 0, 8), buffer.value(at, 1, 8)) for at in tables]


def out_of_place(known: Sequence[Segment], size: int) -> Iterator[str]:
    """What is wrong with where the segments lie in a file of that size."""
    reached = 0
    for number, one in sorted(enumerate(known), key=lambda pair: (pair[1].start, pair[1].stop)):
        if one.stop > size:
            yield f"segment {number} ends at byte {one.stop} of {size}"
        elif one.size and one.start < reached:
            yield f"segment {number} at byte {one.start} begins before another ends, at {reached}"
        reached = max(reached, one.stop)
