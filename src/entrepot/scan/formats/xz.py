"""XZ files: any number of streams in a row, zeros between them, which readers take as one."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    return sample.head[:6] == b"\xfd7zXZ\0"


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.runs import xz
    from entrepot.scan.streams import inspect_stream

    yield from inspect_stream(sample, budget, xz)


FORMAT = Format(
    "xz",
    _recognize,
    _inspect,
    "xz",
    RunsCode.RARELY,
    "what is inside",
    (".xz", ".txz"),
    firsts=b"\xfd",
)
