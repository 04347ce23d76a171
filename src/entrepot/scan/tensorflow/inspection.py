"""Which of TensorFlow's messages is it, and what is in it?"""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Found, Member
from entrepot.scan.protobuf import View, outline
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource
from entrepot.scan.tensorflow.graph import read_graph
from entrepot.scan.tensorflow.judging import judged_graph, judged_meta_graph

_Outline = list[tuple[int, int, bytes]]


def kind(sample: Sample) -> str:
    """Which of the messages it is; empty for none."""
    head = sample.head
    if len(head) < 6 or sample.opaque:
        return ""
    fields = outline(head, 4)
    if not fields:
        return ""
    if head[:1] == b"\x08":
        if all(kind == 0 and number < 8 for number, kind, _ in fields) and len(head) < 128:
            return "fingerprint"
        return "saved" if fields[0][2] == b"1" and len(fields) > 1 and _is_meta_graph(fields[1]) else ""
    return _of_first(fields, sample)


def _of_first(fields: _Outline, sample: Sample) -> str:
    number, kind, data = fields[0]
    if kind != 2:
        return ""
    if number == 1:
        if _is_node(data):
            return "graph"
        if b"_tf_keras_" in sample.head:
            return "keras"
        # What describes a graph, then the graph.
        return "meta" if len(fields) > 1 and fields[1][:2] == (2, 2) and _is_graph(fields[1][2]) else ""
    if number == 2:
        if _is_graph(data):
            return "meta"
        return "saved" if _is_meta_graph(fields[0]) else ""
    return ""


def _is_meta_graph(one: tuple[int, int, bytes]) -> bool:
    number, kind, data = one
    inner = _inside(data)
    if (number, kind) != (2, 2) or not inner:
        return False
    if inner[0][:2] == (2, 2):
        return _is_graph(inner[0][2])
    return inner[0][:2] == (1, 2) and data[:1] == b"\x0a"


def _is_graph(data: bytes) -> bool:
    inner = _inside(data)
    return bool(inner) and inner[0][:2] == (1, 2) and _is_node(inner[0][2])


def _is_node(data: bytes) -> bool:
    """A node begins with its name and its operator."""
    inner = _inside(data)
    if len(inner) < 2 or inner[0][:2] != (1, 2) or inner[1][:2] != (2, 2):
        return False
    return _is_name(inner[0][2]) and _is_name(inner[1][2].split(b"\x1a")[0])


def _inside(data: bytes) -> _Outline:
    return outline(data, 2) or []


def _is_name(data: bytes) -> bool:
    text = data.rstrip(b"\0")
    return bool(text) and text.isascii() and all(byte > 32 for byte in text)


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What the message holds."""
    view = View(sample.source, budget, 0, sample.source.size)
    match kind(sample):
        case "saved":
            for graph in view.all(2):
                yield from _capable(judged_meta_graph(graph))
        case "meta":
            yield from _capable(judged_meta_graph(view))
        case "graph":
            yield from _capable(judged_graph(read_graph(view), []))
        case "keras":
            for node in view.all(1):
                metadata = node.first(5)
                if metadata is not None:
                    yield Member(node.named(3) or "metadata", BytesSource(metadata.raw()), ("json",))


def _capable(findings: Iterator[Found]) -> Iterator[Found]:
    for finding in findings:
        yield Capability.YES
        yield finding
