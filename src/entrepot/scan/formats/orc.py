"""ORC: columns of values. Data only."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    return sample.head[:3] == b"ORC" and not sample.opaque and b"ORC" in sample.tail[-256:][3:]


def _inspect(_: Sample, __: Budget) -> Iterator[Found]:
    yield from ()


FORMAT = Format("orc", _recognize, _inspect, "ORC", RunsCode.NO, suffixes=(".orc",), firsts=b"O")
