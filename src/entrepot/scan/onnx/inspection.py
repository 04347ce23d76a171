"""ONNX, node by node: the domains of its operators, and where its values come from."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Location
from entrepot.scan.archive import escapes
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Found, Member
from entrepot.scan.protobuf import View, outline, varint
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Window

MAX_DEPTH = 32
"""Graphs inside the attributes of nodes."""
BOMB_VALUES = 1 << 44
"""Values that a tensor would have in memory."""
_MODEL = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26))
_TEXTS = frozenset((2, 3, 4, 6))
_DOMAINS = (
    "ai.onnx",
    "com.microsoft",
    "com.ms.",
    "org.pytorch",
    "ai.onnxruntime",
    "com.nvidia",
    "trt.",
    "onnxscript",
    "pkg.",
)
_PYTHON = frozenset(("PyOp", "PythonOp", "PythonOpGrad", "PyFunc", "PyCustomOp", "PyCustomOpDef", "PythonFunction"))
_ARCHIVE_KEYS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


def is_model(head: bytes) -> bool:
    """Whether the first bytes are a model's."""
    fields = outline(head)
    if not fields or any(number not in _MODEL for number, _, _ in fields) or fields[0][1] != 0:
        return False
    is_text = all(_printable(value) for number, kind, value in fields if number in _TEXTS and kind == 2)
    # Every version so far is below 32; readers take others as well, where the rest is a model beyond doubt.
    numbers = {number for number, kind, _ in fields if kind == 2}
    return is_text and bool(numbers & {2, 7, 8} if 1 <= head[1] <= 32 else numbers >= {7, 8})


def _printable(value: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in value)


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a model holds."""
    model = View(sample.source, budget, 0, sample.source.size)
    local = {function.named(10) for function in model.all(25)}
    for field in model.fields():
        if field.number == 7:
            yield from _graph(field.view, local, 0, sample)
        elif field.number == 25:
            yield from _nodes(field.view, 7, local, 0, sample)
            for default in field.view.all(11):
                yield from _attribute(default, "default", local, 0, sample)
        elif field.number == 20:  # initialization and training graphs
            for number in (1, 2):
                for graph in field.view.all(number):
                    yield from _graph(graph, local, 0, sample)
        elif field.number == 14:
            yield from _metadata(field.view, sample)
        elif field.number not in _MODEL and not isinstance(field.value, int) and field.view.size > 64:
            yield Member(f"field {field.number}", Window(sample.source, field.view.start, field.view.size))


def _graph(graph: View, local: set[str], depth: int, sample: Sample) -> Iterator[Found]:
    if depth > MAX_DEPTH:
        yield found("onnx.nested", f"graphs inside graphs, more than {MAX_DEPTH} deep")
        return
    for field in graph.fields():
        if field.number == 5:
            yield from _tensor(field.view)
        elif field.number == 15:
            for number in (1, 2):
                for tensor in field.view.all(number):
                    yield from _tensor(tensor)
    yield from _nodes(graph, 1, local, depth, sample)


def _nodes(holder: View, number: int, local: set[str], depth: int, sample: Sample) -> Iterator[Found]:
    for node in holder.all(number):
        operator, domain = node.named(4), node.named(7)
        yield from _operator(operator, domain, node, local)
        for attribute in node.all(5):
            yield from _attribute(attribute, operator, local, depth, sample)


def _attribute(attribute: View, operator: str, local: set[str], depth: int, sample: Sample) -> Iterator[Found]:
    for field in attribute.fields():
        if field.number in (5, 10):
            yield from _tensor(field.view)
        elif field.number in (22, 23):
            for part in (1, 2):
                for tensor in field.view.all(part):
                    yield from _tensor(tensor)
        elif field.number in (6, 11):
            yield from _graph(field.view, local, depth + 1, sample)
        elif field.number == 4 and field.view.raw(4).startswith(_ARCHIVE_KEYS):
            yield Member(f"{operator}.{attribute.named(1)}", Window(sample.source, field.view.start, field.view.size))


def _operator(operator: str, domain: str, node: View, local: set[str]) -> Iterator[Found]:
    at = Location(offset=node.start)
    if operator in _PYTHON:
        yield Capability.YES
        yield found(
            "onnx.python-operator", f"the operator {domain}.{operator} runs Python", evidence=_shown(node), at=at
        )
    elif domain and domain not in local and not domain.startswith(_DOMAINS):
        message = f"operators of the domain {domain} come from a library that the loader is told to load"
        yield found("onnx.custom-operator", message, evidence=f"{domain}.{operator}", at=at)


def _shown(node: View) -> str:
    texts = [f"{attribute.named(1)} = {value.text(200)!r}" for attribute in node.all(5) for value in attribute.all(4)]
    return f"{node.named(7)}.{node.named(4)}({', '.join(texts)})"


def _tensor(tensor: View) -> Iterator[Found]:
    size, name = 1, ""
    for field in tensor.fields():
        if field.number == 1:
            for dimension in [field.value] if isinstance(field.value, int) else _packed(field.view):
                size *= max(1, dimension)
        elif field.number == 8:
            name = field.view.text(200)
        elif field.number == 13 and field.view.named(1) == "location":
            place = field.view.named(2)
            if escapes(place) or "://" in place:
                message = f"the values of {name or 'a tensor'} are read from {place}, outside of the model's folder"
                yield found("onnx.external-data", message, evidence=place, at=Location(offset=field.view.start))
    if size > BOMB_VALUES:
        yield found("onnx.bomb", f"the tensor {name} would have {size} values", at=Location(offset=tensor.start))


def _packed(view: View) -> Iterator[int]:
    data, at = view.raw(4096), 0
    while at < len(data):
        value, at = varint(data, at)
        yield value


def _metadata(entry: View, sample: Sample) -> Iterator[Found]:
    value = entry.first(2)
    if value is not None and value.size > 16:
        name = f"metadata {entry.named(1)[:100]}"
        yield Member(name, Window(sample.source, value.start, value.size), opaque=not _printable(value.raw(256)))
