"""CNTK's models: a dictionary in protobuf (version 2), or named sections (version 1)."""

from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".dnn", ".cmf")
_OLD = "BCNTK".encode("utf-16-le")


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or not head:
        return False
    if head.startswith(_OLD):
        return True
    words = (b"CompositeFunction", b"primitive_functions")
    return head[:1] in (b"\x08", b"\x0a") and sample.suffix in _SUFFIXES and any(word in head for word in words)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.embedded import commands_in

    yield from commands_in(sample.source, budget, libraries=True)
    yield Unread("a model of CNTK, of which texts alone were looked at")


FORMAT = Format(
    "cntk",
    _recognize,
    _inspect,
    "CNTK",
    RunsCode.RARELY,
    "native functions of users",
    _SUFFIXES,
    firsts=b"B\x08\x0a",
)
