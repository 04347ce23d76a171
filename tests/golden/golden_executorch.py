"""ExecuTorch programs with operators, backends and places that they should not have, and one as it is exported."""

import os
import pickle
import struct

from golden.flat import Number, Numbers, Table, flat
from golden.pairs import Golden

_HEADER = 32
_ALIGNED = 128


class _Echo:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo hi",)


def _tensor(buffer: int = 0, sizes: tuple[int, ...] = (2, 3)) -> Table:
    fields: Table = {
        0: Number("b", 6),
        2: Numbers("i", sizes),
        3: Numbers("B", range(len(sizes))),
        5: Number("I", buffer),
    }
    if not buffer:
        fields[6] = {0: Number("I", 1), 1: Number("I", 16)}
    return {0: Number("B", 5), 1: fields}


def _call(kind: int, index: int, *arguments: int) -> Table:
    return {0: Number("B", kind), 1: {0: Number("i", index), 1: Numbers("i", arguments)}}


def _plan(operator: str, backend: str, called: int, sizes: tuple[int, ...]) -> Table:
    values: list[Table] = [_tensor(), _tensor(1, sizes), {0: Number("B", 2), 1: {0: Number("q", 1)}}, _tensor()]
    values.append({0: Number("B", 7), 1: {0: Numbers("q", [2, 2])}})
    steps = [_call(1, called, 0, 1, 2, 3, 3), _call(2, 0, 3, 3), {0: Number("B", 5), 1: {0: Number("i", 3)}}]
    delegate: Table = {
        0: backend,
        1: {0: Number("b", 1), 1: Number("I", 1)},
        2: [{0: "max_value", 1: b"\4\0\0\0"}],
    }
    return {
        0: "forward",
        1: {0: "[]", 1: "[]"},
        2: values,
        3: Numbers("i", [0]),
        4: Numbers("i", [3]),
        5: [{0: Numbers("i", []), 1: Numbers("i", []), 2: steps}],
        6: [{0: "aten::add", 1: "out"}, {0: operator, 1: "out"}],
        7: [delegate],
        8: Numbers("q", [0, 64]),
    }


def program(
    operator: str = "quantized_decomposed::add",
    backend: str = "XnnpackBackend",
    called: int = 0,
    sizes: tuple[int, ...] = (2, 3),
    part: bytes = bytes(range(1, 201)),
) -> bytes:
    """A program with one method: two operators, a part for a backend, constants, a value by name."""
    segments, at = [], 0
    for size in (48, len(part), 40):
        segments.append({0: Number("Q", at), 1: Number("Q", size)})
        at += size + -size % _ALIGNED
    root: Table = {
        0: Number("I", 0),
        1: [_plan(operator, backend, called, sizes)],
        4: segments,
        5: {0: Number("I", 0), 1: Numbers("Q", [0, 16])},
        7: [{0: "linear.weight", 1: Number("I", 2)}],
    }
    out = flat(root, b"ET12", _HEADER)
    base = len(out) + -len(out) % _ALIGNED
    struct.pack_into("<4sIQQQ", out, 8, b"eh00", _HEADER, len(out), base, at)
    for data in (bytes(48), part, struct.pack("<10f", *range(10))):
        out.extend(bytes(-len(out) % _ALIGNED) + data)
    return bytes(out)


def values(size: int = 24) -> bytes:
    """What two programs share: one tensor."""
    layout: Table = {0: Number("b", 6), 1: Numbers("i", (2, 3)), 2: Numbers("B", (0, 1))}
    root: Table = {
        0: Number("I", 0),
        1: [{0: Number("Q", 0), 1: Number("Q", size)}],
        2: [{0: "linear.weight", 1: Number("I", 0), 2: layout}],
    }
    out = flat(root, b"FT01", 40)
    base = len(out) + -len(out) % _ALIGNED
    struct.pack_into("<4sIQQQQ", out, 8, b"FH01", 40, 0, len(out), base, 24)
    return bytes(out) + bytes(base - len(out)) + struct.pack("<6f", *range(6))


def tested(inner: bytes | None = None) -> bytes:
    """A program with what a test gives it."""
    tensor: Table = {0: Number("b", 6), 1: Numbers("i", (2,)), 2: struct.pack("<2f", 1, 2), 3: Numbers("B", (0,))}
    case: Table = {0: [{0: Number("B", 1), 1: tensor}], 1: [{0: Number("B", 1), 1: tensor}]}
    root: Table = {
        0: Number("I", 0),
        1: [{0: "forward", 1: [case]}],
        2: program() if inner is None else inner,
    }
    return bytes(flat(root, b"BP08"))


def _inline(data: bytes) -> bytes:
    """A program from before there were segments: its constants and its backends' parts stand in it."""
    plan = _plan("aten::mul", "XnnpackBackend", 0, (2, 3))
    plan[7] = [{0: "XnnpackBackend", 1: {0: Number("b", 0), 1: Number("I", 0)}}]
    root: Table = {0: Number("I", 0), 1: [plan], 2: [{0: b""}, {0: bytes(24)}], 3: [{0: data}]}
    return bytes(flat(root, b"ET12"))


_PICKLE = pickle.dumps(_Echo(), 2)
_LIBRARY = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(100)


def _pair(rule: str, dangerous: bytes, case: str = "", harmless: bytes | None = None, name: str = "m.pte") -> Golden:
    twin = program() if harmless is None else harmless
    return Golden(rule, name, lambda: dangerous, lambda: twin, case=case, techniques=("F20",))


GOLDENS = [
    _pair("executorch.harmful-operator", program("aten::from_file")),
    _pair("executorch.custom-operator", program("telemetry::send")),
    _pair("executorch.unknown-backend", program(backend="LoaderBackend", part=b"{}" * 100)),
    _pair("executorch.structure", program(called=70), "operator"),
    _pair("executorch.structure", program(sizes=(1 << 20, 3)), "constant"),
    _pair("executorch.structure", program(sizes=(-2, 3)), "shape"),
    _pair("executorch.structure", program()[:-8], "segment"),
    _pair("executorch.structure", values(1 << 40), "values", values(), "m.ptd"),
    _pair("executable.in-model", program(part=b"XN00" + bytes(60) + _LIBRARY), "executorch, part"),
    _pair("executable.in-model", program(part=_LIBRARY), "executorch, whole part"),
    _pair("executable.in-model", _inline(b"XN00" + bytes(60) + _LIBRARY), "executorch, inline", _inline(b"XN00")),
    _pair("pickle.call.process", program() + _PICKLE, "executorch, trailing"),
    _pair("pickle.call.process", values() + _PICKLE, "executorch, values", values(), "m.ptd"),
    _pair("pickle.call.process", tested(_PICKLE), "executorch, tested", tested(), "m.bpte"),
    _pair("pickle.hidden", program(part=b"XN00" + bytes(60) + _PICKLE), "executorch, part"),
    _pair("embedded.commands", program(backend="os.system('echo hi')"), "executorch"),
]
