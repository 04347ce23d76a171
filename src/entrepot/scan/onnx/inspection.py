"""ONNX, node by node: the domains of its operators, and where its values come from."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Location
from entrepot.scan.archive import escapes
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Found, Member
from entrepot.scan.pattern import Pattern
from entrepot.scan.protobuf import Field, View, outline, varint
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Window

MAX_DEPTH = 32
"""Graphs inside the attributes of nodes."""
BOMB_VALUES = 1 << 44
"""Values that a tensor would have in memory."""
_MODEL = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26))
_NUMBERS = frozenset((1, 5))
"""Fields of a model that are numbers; the others are texts and messages."""
_TEXTS = frozenset((2, 3, 4, 6))
_DOMAINS = frozenset(
    "ai.onnx ai.onnx.ml ai.onnx.training ai.onnx.preview ai.onnx.preview.training ai.onnx.contrib ai.onnxruntime "
    "com.microsoft com.microsoft.nchwc com.microsoft.nhwc com.microsoft.experimental com.microsoft.extensions "
    "com.microsoft.dml com.microsoft.gradient com.ms.internal.nhwc com.nvidia trt trt.plugins org.pytorch "
    "org.pytorch.aten org.pytorch._caffe2 org.openvinotoolkit mmdeploy local this custom_domain spox.default "
    "com.amd com.amd.quark com.xilinx com.vitis.customop com.qti.aisw qti_aisw com.qualcomm com.intel.ai com.habana "
    "ai.graphcore qonnx.custom_op.general onnx.brevitas com.arm aimet".split()
)
"""Where operators come from that runtimes bring along, and converters of vendors write."""
_FAMILIES = ("pkg.", "onnxscript", "finn.", "qonnx.")
_PYTHON = frozenset(("PyOp", "PythonOp", "PythonOpGrad", "PyFunc", "PyCustomOp", "PyCustomOpDef", "PythonFunction"))
_CODE = Pattern(
    r"__import__\s*\(|\b(?:eval|exec)\s*\(|\bos\.(?:system|popen)\s*\(|\bsubprocess\.\w+\s*\(|\bpty\.spawn\s*\("
)
_ARCHIVE_KEYS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


def is_model(head: bytes) -> bool:
    """Whether the first bytes are a model's, whatever follows it."""
    fields = _outline(head)
    if not fields or fields[0][0] != 1:
        return False
    is_text = all(_printable(value) for number, _, value in fields if number in _TEXTS)
    numbers = {number for number, _, _ in fields if number not in _NUMBERS}
    # Every version so far is below 32; readers take others as well, where the rest is a model beyond doubt.
    is_whole = numbers >= {7, 8}
    if len(fields) < _FIELDS and not is_whole and outline(head) != fields:
        return False
    return is_text and (is_whole or bool(1 <= head[1] <= 32 and numbers & {2, 7, 8}))


_FIELDS = 12


def _outline(head: bytes) -> list[tuple[int, int, bytes]]:
    """The fields of a model, up to the first that is none of its."""
    found: list[tuple[int, int, bytes]] = []
    for most in range(1, _FIELDS + 1):
        fields = outline(head, most)
        if not fields or len(fields) < most or not _is_field(*fields[-1][:2]):
            break
        found = fields
    return found


def _is_field(number: int, kind: int) -> bool:
    return number in _MODEL and kind == (0 if number in _NUMBERS else 2)


def _printable(value: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in value)


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a model holds."""
    model = View(sample.source, budget, 0, sample.source.size)
    local = _local(model)
    yield from _circles(model)
    end = 0
    try:
        for field in model.fields():
            is_known = _is_field(field.number, 0 if isinstance(field.value, int) else 2)
            if isinstance(field.value, int):
                if not is_known:
                    break
                continue
            end = field.view.start + field.view.size
            if is_known:
                yield from _field(field, local, sample)
            else:
                yield Member(f"field {field.number}", Window(sample.source, field.view.start, field.view.size))
        else:
            return
    except Unreadable:
        if not end:
            raise
    # Readers of the format skip or refuse what stands here; others may be meant to find it.
    yield Member("trailing", Window(sample.source, end, sample.source.size - end))


def _local(model: View) -> set[str]:
    """The domains of the model's own functions."""
    found: set[str] = set()
    try:
        for function in model.all(25):
            found.add(function.named(10))
    except Unreadable:
        pass
    return found


def _circles(model: View) -> Iterator[Found]:
    """A finding where functions call one another in a circle, which readers follow until they have no memory left."""
    calls: dict[tuple[str, str], set[tuple[str, str]]] = {}
    try:
        for function in model.all(25):
            own = (function.named(10), function.named(1))
            calls[own] = {(node.named(7), node.named(4)) for node in function.all(7)}
    except Unreadable:
        pass
    for start in calls:
        waiting, seen = [start], set[tuple[str, str]]()
        while waiting:
            for called in calls.get(waiting.pop(), ()):
                if called == start:
                    yield found("onnx.nested", f"the function {'.'.join(start)} calls itself, by way of others or not")
                    return
                if called not in seen:
                    seen.add(called)
                    waiting.append(called)


def _field(field: Field, local: set[str], sample: Sample) -> Iterator[Found]:
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
    elif field.number == 6 and field.view.size > 16:
        yield Member("doc_string", Window(sample.source, field.view.start, field.view.size))


def _graph(graph: View, local: set[str], depth: int, sample: Sample) -> Iterator[Found]:
    if depth > MAX_DEPTH:
        yield found("onnx.nested", f"graphs inside graphs, more than {MAX_DEPTH} deep")
        return
    for field in graph.fields():
        if field.number == 5:
            yield from _tensor(field.view, sample)
        elif field.number == 15:
            for number in (1, 2):
                for tensor in field.view.all(number):
                    yield from _tensor(tensor, sample)
    yield from _nodes(graph, 1, local, depth, sample)


def _nodes(holder: View, number: int, local: set[str], depth: int, sample: Sample) -> Iterator[Found]:
    for node in holder.all(number):
        operator, domain = node.named(4), node.named(7)
        yield from _operator(operator, domain, node, local)
        for attribute in node.all(5):
            yield from _attribute(attribute, operator, local, depth, sample)


def _attribute(attribute: View, operator: str, local: set[str], depth: int, sample: Sample) -> Iterator[Found]:
    if attribute.named(1) == "ep_cache_context" and escapes(place := attribute.named(4)):
        message = f"compiled code is read from {place}, outside of the model's folder"
        yield found("onnx.external-data", message, evidence=place, at=Location(offset=attribute.start))
    for field in attribute.fields():
        if field.number in (5, 10):
            yield from _tensor(field.view, sample)
        elif field.number in (22, 23):
            for part in (1, 2):
                for tensor in field.view.all(part):
                    yield from _tensor(tensor, sample)
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
    elif domain and domain not in local and not _is_known(domain):
        message = f"operators of the domain {domain} come from a library that the loader is told to load"
        yield found("onnx.custom-operator", message, evidence=f"{domain}.{operator}", at=at)


def _is_known(domain: str) -> bool:
    return domain.lower() in _DOMAINS or domain.startswith(_FAMILIES)


def _shown(node: View) -> str:
    texts = [f"{attribute.named(1)} = {value.text(200)!r}" for attribute in node.all(5) for value in attribute.all(4)]
    return f"{node.named(7)}.{node.named(4)}({', '.join(texts)})"


def _tensor(tensor: View, sample: Sample) -> Iterator[Found]:
    size, name = 1, ""
    for field in tensor.fields():
        if field.number == 1:
            for dimension in [field.value] if isinstance(field.value, int) else _packed(field.view):
                size *= max(1, dimension)
        elif field.number == 8:
            name = field.view.text(200)
        elif field.number in (6, 9) and field.view.raw(4).startswith(_ARCHIVE_KEYS):
            window = Window(sample.source, field.view.start, field.view.size)
            yield Member(f"values of {name or 'a tensor'}", window, opaque=field.number == 9)
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
    text = value.text() if value is not None else ""
    if match := _CODE.search(text):
        message = f"the note {entry.named(1)[:100]} is Python that runs something"
        yield found("onnx.code-in-text", message, evidence=text[max(0, match.start() - 100) : match.end() + 200])
    if value is not None and value.size > 16:
        name = f"metadata {entry.named(1)[:100]}"
        yield Member(name, Window(sample.source, value.start, value.size), opaque=not _printable(value.raw(256)))
