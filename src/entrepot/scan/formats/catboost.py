"""CatBoost's own models: a table of trees in a flatbuffer, and tables for categories behind it. Data only."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    return sample.head[:4] == b"CBM1" and not sample.opaque and len(sample.head) >= 8


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.embedded import commands_in

    yield from commands_in(sample.source, budget)
    size = int.from_bytes(sample.head[4:8], "little")
    if 8 + size > sample.source.size:
        raise Unreadable(f"trees of {size} bytes, of which {sample.source.size - 8} are there")


FORMAT = Format(
    "catboost",
    _recognize,
    _inspect,
    "CatBoost",
    RunsCode.NO,
    suffixes=(".cbm",),
    firsts=b"C",
)
