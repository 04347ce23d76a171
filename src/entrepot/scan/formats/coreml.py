"""Core ML models: networks, trees, pipelines and programs for Apple's devices."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.protobuf import View, outline
from entrepot.scan.sample import Sample

_KINDS = frozenset(
    (200, 201, 202, 300, 301, 302, 303, 304, 400, 401, 402, 403, 404, 500, 501, 502, 555, 556, 560, 900, 3000)
) | frozenset((600, 601, 602, 603, 604, 606, 607, 609, 610, 2000, 2001, 2002, 2003, 2004, 2005, 2006))


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or len(head) < 4 or (head[0] not in (0x08, 0x12, 0x0B) and sample.suffix != ".mlmodel"):
        return False
    if sample.suffix == ".mlmodel":
        return head[0] in (0x08, 0x12, 0x50) or head[0] & 7 == 3
    # Of the types there are, all have numbers of two bytes, which nothing else of this shape uses.
    return head[0] == 0x08 and head[1] < 32 and head[2] == 0x12 and _is_model(head)


def _is_model(head: bytes) -> bool:
    fields = outline(head) or []
    numbers = [number for number, kind, _ in fields if kind == 2]
    return len(numbers) > 1 and set(numbers) <= _KINDS | {2} and bool(_KINDS & set(numbers))


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.coreml import model

    is_any = False
    try:
        for finding in model(View(sample.source, budget, 0, sample.source.size)):
            is_any = True
            yield finding
            if finding.rule in ("coreml.custom-layer", "coreml.custom-model"):
                yield Capability.YES
    except Unreadable as broken:
        if not is_any and sample.suffix != ".mlmodel":
            raise Unrecognized(str(broken)) from None
        raise


FORMAT = Format(
    "coreml",
    _recognize,
    _inspect,
    "Core ML",
    RunsCode.RARELY,
    "custom layers of the app",
    (".mlmodel",),
    firsts=b"\x08",
    names=(".mlmodel",),
)
