"""LightGBM's models: trees as lines of text. Data only."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    return sample.head[:5] in (b"tree\n", b"tree\r") and not sample.opaque and b"version=v" in sample.head[:64]


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.embedded import commands_in

    yield from commands_in(sample.source, budget)


FORMAT = Format(
    "lightgbm",
    _recognize,
    _inspect,
    "LightGBM",
    RunsCode.NO,
    firsts=b"t",
)
