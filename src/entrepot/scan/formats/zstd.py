"""Zstandard frames, skippable ones between them."""

from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_MAGIC = b"\x28\xb5\x2f\xfd"
_RESERVED = 8


def _recognize(sample: Sample) -> bool:
    head = sample.head
    return head[:4] == _MAGIC and len(head) > 8 and not head[4] & _RESERVED


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.runs import zstd, zstd_module
    from entrepot.scan.streams import inspect_stream

    if zstd_module() is None:
        yield Unread("Zstandard, for which no decoder is installed")
        return
    yield from inspect_stream(sample, budget, zstd)


_SUFFIXES = (".zst", ".zstd", ".tzst")
FORMAT = Format("zstd", _recognize, _inspect, "Zstandard", RunsCode.RARELY, "what is inside", _SUFFIXES, firsts=b"(")
