"""Caffe's networks, as text (`.prototxt`) and with their weights (`.caffemodel`)."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.protobuf import View, outline
from entrepot.scan.sample import Sample

_SUFFIXES = (".caffemodel", ".prototxt")
_TEXT = (b"layer {", b"layer{", b"layers {", b"layers{", b"input_dim:", b"python_param")


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or not head:
        return False
    if sample.suffix == ".prototxt":
        return sample.seems_text
    if sample.suffix == ".caffemodel":
        return head[0] in (0x0A, 0x12, 0x1A, 0xA2)
    if head[0] == 0x0A:
        fields = outline(head) or []
        return len(fields) > 1 and {number for number, kind, _ in fields if kind == 2} == {1, 100} and head[1] < 128
    return head[:1] in (b"n", b"l", b"#", b"i") and any(word in head for word in _TEXT) and sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.caffe import binary, text

    sure = sample.suffix in _SUFFIXES
    try:
        if sample.seems_text:
            budget.check_string(sample.source.size)
            findings = text(sample.text or "", budget)
        else:
            findings = binary(View(sample.source, budget, 0, sample.source.size))
        for finding in findings:
            sure = True
            yield Capability.YES
            yield finding
    except Unreadable as broken:
        if not sure:
            raise Unrecognized(str(broken)) from None
        raise


FORMAT = Format(
    "caffe",
    _recognize,
    _inspect,
    "Caffe",
    RunsCode.RARELY,
    "layers in Python",
    _SUFFIXES,
    firsts=b"\x0anl#i",
    names=(".prototxt", ".caffemodel"),
)
