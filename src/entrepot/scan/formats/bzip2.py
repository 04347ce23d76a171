"""Bzip2 files: any number of streams in a row, which readers take as one."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source
from entrepot.scan.streams import inspect_stream
from entrepot.scan.unpacking import Opening, bzip2

_BLOCKS = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")
"""How the first block begins, and the end of a stream without any."""


def _is_stream(head: bytes) -> bool:
    return head[:3] == b"BZh" and head[3:4].isdigit() and head[4:10] in _BLOCKS


def _recognize(sample: Sample) -> bool:
    return _is_stream(sample.head)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    yield from inspect_stream(sample, budget, _begin)


def _begin(source: Source, at: int) -> Opening | None:
    return Opening(bzip2(), at) if _is_stream(source.read(at, 10)) else None


FORMAT = Format("bzip2", _recognize, _inspect, "bzip2", RunsCode.RARELY, "what is inside", (".bz2", ".tbz2"))
