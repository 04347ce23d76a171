"""PaddlePaddle's programs (`.pdmodel`): operators in blocks."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.protobuf import View, outline, varint
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or head[:1] != b"\x0a" or len(head) < 16:
        return False
    try:
        _, at = varint(head, 1)
    except Unreadable:
        return False
    # A block begins with its number and its parent's.
    if head[at : at + 1] != b"\x08" or head[at + 2 : at + 3] != b"\x10":
        return False
    numbers = {number for number, _, _ in outline(head[at:]) or []}
    return sample.suffix == ".pdmodel" or {1, 2, 3} <= numbers <= {1, 2, 3, 4, 5}


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.paddle import program

    is_any = False
    try:
        for finding in program(View(sample.source, budget, 0, sample.source.size)):
            is_any = True
            yield finding
            if finding.rule == "paddle.python-operator":
                yield Capability.YES
    except Unreadable as broken:
        if not is_any and sample.suffix != ".pdmodel":
            raise Unrecognized(str(broken)) from None
        raise


FORMAT = Format(
    "paddle",
    _recognize,
    _inspect,
    "PaddlePaddle",
    RunsCode.RARELY,
    "operators in Python",
    (".pdmodel",),
    firsts=b"\x0a",
)
