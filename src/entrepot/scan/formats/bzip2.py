"""Bzip2 files: any number of streams in a row, which readers take as one."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    if sample.head[:3] != b"BZh":
        return False
    from entrepot.scan.runs import is_bzip2

    return is_bzip2(sample.head)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.runs import bzip2
    from entrepot.scan.streams import inspect_stream

    yield from inspect_stream(sample, budget, bzip2)


FORMAT = Format(
    "bzip2",
    _recognize,
    _inspect,
    "bzip2",
    RunsCode.RARELY,
    "what is inside",
    (".bz2", ".tbz2"),
    firsts=b"B",
)
