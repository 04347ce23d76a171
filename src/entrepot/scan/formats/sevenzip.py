"""7z archives."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

MAGIC = b"7z\xbc\xaf\x27\x1c"


def _recognize(sample: Sample) -> bool:
    return sample.head[:6] == MAGIC


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.sevenzip.inspection import inspect

    return inspect(sample, budget)


FORMAT = Format(
    "7z",
    _recognize,
    _inspect,
    "a 7z archive",
    RunsCode.RARELY,
    "what is inside",
    (".7z",),
    firsts=b"7",
)
