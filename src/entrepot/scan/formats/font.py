"""Fonts: TrueType, OpenType, WOFF."""

from collections.abc import Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_PACKED = (b"wOFF", b"wOF2")
_TABLES = (b"\0\1\0\0", b"OTTO", b"true")


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or len(head) < 28:
        return False
    if head[:4] in _TABLES:
        return 0 < head[5] < 128 and not head[4] and head[12:16].replace(b"/", b"a").replace(b" ", b"a").isalnum()
    return head[:4] in _PACKED


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    head = sample.head
    if head[:4] in _PACKED:
        return
    tables = [head[12 + 16 * index : 28 + 16 * index] for index in range(head[5] if len(head) > 5 else 0)]
    ends = [int.from_bytes(table[8:12], "big") + int.from_bytes(table[12:16], "big") for table in tables]
    end = max(ends, default=0)
    yield from rest(sample.source, end + -end % 4)


_SUFFIXES = (".ttf", ".otf", ".woff", ".woff2")
FORMAT = Format("font", _recognize, _inspect, "a font", RunsCode.NO, suffixes=_SUFFIXES, firsts=b"\0Otw")
