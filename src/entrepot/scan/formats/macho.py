"""Mach-O: programs and libraries of Apple's systems."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.executables import is_java_class, is_macho, judge
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    return is_macho(sample.head) and not is_java_class(sample.head)


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    yield from judge(sample, "a program or library for macOS")


FORMAT = Format(
    "macho",
    _recognize,
    _inspect,
    "a macOS program",
    RunsCode.YES,
    "native code",
    (".dylib",),
    firsts=b"\xfe\xce\xcf\xca",
)
