"""PaddlePaddle's parameters (`.pdiparams`): tensors one after another, each behind a short description."""

from collections.abc import Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.protobuf import View, varint
from entrepot.scan.sample import Sample

_START = bytes(16)
"""Version of the container, no levels of detail, version of the tensor."""
_WIDTHS = {0: 1, 1: 2, 2: 4, 3: 8, 4: 2, 5: 4, 6: 8, 20: 1, 21: 1, 22: 2, 23: 8, 24: 16, 32: 1, 33: 1}
_MAX_DESCRIPTION = 4096


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or head[:16] != _START or len(head) < 24:
        return False
    size = int.from_bytes(head[16:20], "little")
    return 2 <= size <= _MAX_DESCRIPTION and head[20] == 8 and head[21] in _WIDTHS


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    source, at = sample.source, 0
    while (head := source.read(at, 20)) and head[:16] == _START:
        budget.spend_values()
        size = int.from_bytes(head[16:20], "little")
        if not 2 <= size <= _MAX_DESCRIPTION:
            break
        try:
            values = _values(View(source, budget, at + 20, size))
        except Unreadable as broken:
            if not at:
                raise Unrecognized(str(broken)) from None
            raise
        at += 20 + size + values
        if values and not source.read(at - 1, 1):
            raise Unreadable(f"the values of a tensor are cut off before byte {at}")
    yield from rest(source, at)


def _values(description: View) -> int:
    kind, count = 0, 1
    for field in description.fields():
        if field.number == 1:
            kind = field.integer
        elif field.number == 2:
            for dimension in [field.value] if isinstance(field.value, int) else _packed(field.view.raw()):
                count *= dimension
    if kind not in _WIDTHS or not 0 <= count < 1 << 48:
        raise Unreadable(f"a tensor of {count} values of the type {kind}")
    return count * _WIDTHS[kind]


def _packed(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = varint(data, at)
        yield value


FORMAT = Format(
    "paddle-parameters",
    _recognize,
    _inspect,
    "PaddlePaddle parameters",
    RunsCode.NO,
    firsts=b"\0",
)
