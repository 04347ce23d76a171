"""Llamafiles: a program for every system at once, its weights in the zip file at its end."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Location, Unread
from entrepot.scan.budget import Budget
from entrepot.scan.commands import hostile
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_MAGICS = (b"MZqFpD='\n", b"MZqFpD", b"jartsr='\n")
_STUB = 64 << 10
"""The shell script at the beginning is a few KiB."""


def _recognize(sample: Sample) -> bool:
    return sample.head.startswith(_MAGICS)


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    yield Capability.YES
    if sample.suffix in (".llamafile", ".exe", ".com"):
        message = "a program for several systems (APE), as its name says"
        yield found("executable.portable", message, at=Location(offset=0))
    else:
        message = f"a program for several systems (APE) under a name that promises none: {sample.basename}"
        yield found("executable.in-model", message, evidence=sample.head[:64].hex(" "), at=Location(offset=0))
    yield from hostile(sample.source.read(0, _STUB).decode("latin-1"))
    yield Unread("what native code does is not judged")


FORMAT = Format("llamafile", _recognize, _inspect, "a llamafile", RunsCode.YES, "native code", (".llamafile",))
