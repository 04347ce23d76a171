"""XZ files: any number of streams in a row, zeros between them, which readers take as one."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source
from entrepot.scan.streams import inspect_stream
from entrepot.scan.unpacking import Opening, xz

_MAGIC = b"\xfd7zXZ\0"


def _recognize(sample: Sample) -> bool:
    return sample.head[:6] == _MAGIC


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    yield from inspect_stream(sample, budget, _begin)


def _begin(source: Source, at: int) -> Opening | None:
    block = source.read(at, 1 << 16)
    at += len(block) - len(block.lstrip(b"\0"))
    return Opening(xz(), at) if source.read(at, 6) == _MAGIC else None


FORMAT = Format("xz", _recognize, _inspect, "xz", RunsCode.RARELY, "what is inside", (".xz", ".txz"))
