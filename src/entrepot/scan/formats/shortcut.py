"""Windows shortcuts, which run whatever command they name."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.executables import judge
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_MAGIC = bytes.fromhex("4c0000000114020000000000c000000000000046")


def _recognize(sample: Sample) -> bool:
    return sample.head[:20] == _MAGIC


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    yield from judge(sample, "a Windows shortcut")


FORMAT = Format(
    "shortcut",
    _recognize,
    _inspect,
    "a Windows shortcut",
    RunsCode.YES,
    "its command",
    (".lnk",),
    firsts=b"L",
)
