"""PE: programs and libraries of Windows."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.executables import is_pe, judge
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    yield from judge(sample, "a Windows program or library")


FORMAT = Format(
    "pe",
    is_pe,
    _inspect,
    "a Windows program",
    RunsCode.YES,
    "native code",
    (".exe", ".dll", ".pyd"),
    firsts=b"M",
)
