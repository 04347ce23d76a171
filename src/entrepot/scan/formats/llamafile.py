"""Llamafiles: a program for every system at once, its weights in the zip file at its end."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.executables import APE, is_elf, is_pe, judge
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_STUB = 1 << 20
"""The shell script at the beginning is a few KiB; what a program keeps as text lies behind it."""


def _recognize(sample: Sample) -> bool:
    if sample.head[:6] in (APE, b"jartsr"):
        return True
    return sample.suffix == ".llamafile" and (is_elf(sample.head, sample.opaque) or is_pe(sample))


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    from entrepot.scan.commands import hostile

    yield from judge(sample, "a program for several systems")
    yield from hostile(sample.source.read(0, _STUB).decode("latin-1"))


FORMAT = Format(
    "llamafile",
    _recognize,
    _inspect,
    "a llamafile",
    RunsCode.YES,
    "native code",
    (".llamafile",),
    firsts=b"Mj",
    names=(".llamafile",),
)
