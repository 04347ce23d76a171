"""Pickles: what they call, name, change and use up, in every protocol and by every opcode that can do it."""

import base64
import collections
import datetime
import fractions
import io
import pickle
import struct
import zlib
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from golden.pairs import Golden

STOP = b"."


def name(module: str, attribute: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{attribute}\n".encode()


def stack_name(module: str, attribute: str) -> bytes:
    """STACK_GLOBAL of two short texts."""
    return text(module) + text(attribute) + b"\x93"


def text(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(value.encode())]) + value.encode()


def data(value: object) -> bytes:
    """The opcodes of a value, without PROTO and STOP."""
    return pickle.dumps(value, 2)[2:-1]


def call(module: str, attribute: str, *arguments: object) -> bytes:
    """GLOBAL, arguments, REDUCE."""
    return name(module, attribute) + b"(" + b"".join(map(data, arguments)) + b"tR"


def instance(module: str, attribute: str) -> bytes:
    """An instance that NEWOBJ makes."""
    return name(module, attribute) + b")\x81"


class Runs:
    """Pickled as a call of os.system."""

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, ("echo hello",)


class _Plain:
    """Stands in for a class of somebody's own project."""


_Plain.__module__, _Plain.__qualname__ = "project.model", "Net"


def _numbers() -> bytes:
    return pickle.dumps({"weights": [1.0, 2.5], "steps": 1000, "names": ("a", "b")})


def _ordered() -> bytes:
    return pickle.dumps(collections.OrderedDict(weight=1.0))


def _old(protocol: int) -> bytes:
    return pickle.dumps(collections.OrderedDict(weight=1.0), protocol)


def _project() -> bytes:
    return instance("project.model", "Net") + data({"width": 3}) + b"b" + STOP


def _framed(payload: bytes) -> bytes:
    return b"\x80\x04\x95" + struct.pack("<Q", len(payload)) + payload


def _deep(levels: int) -> bytes:
    return b"\x80\x02)" + b"\x85" * levels + STOP


def _laughs(levels: int) -> bytes:
    inner = b"(" * levels + b"K\x01" + b"2" * 9
    return inner + b"l2222222220".join([b""] * (levels + 1))[:-1] + STOP


def _shared(levels: int) -> bytes:
    """A list of ten times the same list of ten times the same list."""
    return b"]" + b"".join(b"q\x00](" + b"h\x00" * 10 + b"e" for _ in range(levels)) + STOP


EXECUTED = "import os; os.system('echo hello')"
LOADED = pickle.dumps(Runs())

_DIRECT = [
    Golden(
        "pickle.call.process",
        "model.pkl",
        lambda p=p: pickle.dumps(Runs(), p),
        lambda p=p: _old(p),
        f"protocol {p}",
        ("P01", "V00"),
    )
    for p in range(6)
]
_EXECUTION = {
    "exec": (lambda: call("builtins", "exec", EXECUTED) + STOP, ("P01",)),
    "Python 2's name": (lambda: call("__builtin__", "eval", "1+1") + STOP, ("P01",)),
    "profiler": (lambda: call("cProfile", "run", EXECUTED) + STOP, ("P03",)),
    "pickle inside": (lambda: call("pickle", "loads", LOADED) + STOP, ("P12",)),
    "text of base64": (
        lambda: (
            name("pickle", "loads") + b"(" + call("base64", "b64decode", base64.b64encode(LOADED).decode()) + b"tR."
        ),
        ("P12",),
    ),
    "popped": (lambda: call("builtins", "exec", EXECUTED) + b"0" + data({"weights": 1.0}) + STOP, ("V01",)),
    "INST": (lambda: b"(" + data(EXECUTED) + b"ibuiltins\nexec\n.", ("V01",)),
    "OBJ": (lambda: b"(" + name("builtins", "exec") + data(EXECUTED) + b"o.", ("V01",)),
    "NEWOBJ_EX": (lambda: b"\x80\x04" + stack_name("builtins", "exec") + data((EXECUTED,)) + b"}\x92.", ("V01",)),
    "name from the memo": (
        lambda: (
            b"\x80\x04"
            + text("builtins")
            + b"\x94"
            + text("exec")
            + b"\x9400h\x00h\x01\x93"
            + data((EXECUTED,))
            + b"R."
        ),
        ("V05",),
    ),
    "name by DUP and POP": (
        lambda: b"\x80\x04" + text("builtins") + text("exec") + b"20\x93(0" + data((EXECUTED,)) + b"R.",
        ("V05",),
    ),
    "name with escapes": (lambda: b"\x80\x04Vbuiltins\nV\\u0065xec\n\x93" + data((EXECUTED,)) + b"R.", ("V05",)),
    "callable from the memo": (
        lambda: name("builtins", "exec") + b"q\x050" + data({"a": 1}) + b"0h\x05" + data((EXECUTED,)) + b"R.",
        ("V00",),
    ),
    "as a key": (lambda: b"}(" + call("builtins", "eval", "1") + b"K\x01u.", ("V00",)),
    "second pickle": (lambda: _numbers() + call("builtins", "exec", EXECUTED) + STOP, ("V12",)),
    "sixth pickle, after newlines": (
        lambda: b"".join(pickle.dumps(i) + b"\n" for i in range(5)) + call("builtins", "exec", EXECUTED) + STOP,
        ("V12",),
    ),
    "before garbage": (lambda: call("builtins", "exec", EXECUTED) + b"\xff\xff", ("V08",)),
    "cut off": (lambda: call("builtins", "exec", EXECUTED) + b"X\xff", ("V08",)),
    "underflow": (lambda: call("builtins", "exec", EXECUTED) + b"000.", ("V08",)),
    "PROTO amid the stream": (
        lambda: b"\x80\x02" + name("builtins", "exec") + b"\x80\x04" + data((EXECUTED,)) + b"R.",
        ("V09",),
    ),
    "frame too long": (
        lambda: b"\x80\x04\x95" + struct.pack("<Q", 1 << 20) + call("builtins", "exec", EXECUTED) + STOP,
        ("V09",),
    ),
    "rare opcodes": (
        lambda: (
            b"\x80\x05\x96"
            + struct.pack("<Q", 3)
            + b"abc0F1.5\n0\x8b\x01\x00\x00\x00\x050\x8f(K\x01\x900"
            + call("builtins", "exec", EXECUTED)
            + STOP
        ),
        ("V11",),
    ),
}
_EXECUTION |= {
    "bytecode": (
        lambda: call("marshal", "loads", b"c" + bytes(30)) + b"0" + call("types", "CodeType", 0, 0, 0) + STOP,
        ("P05",),
    ),
    "framework": (lambda: call("torch.jit.unsupported_tensor_ops", "execWrapper", EXECUTED, {}, {}) + STOP, ("P11",)),
    "framework's evaluator": (lambda: call("numpy.testing._private.utils", "runstring", EXECUTED, {}) + STOP, ("P11",)),
}
_OTHER_HARM = {
    "call.files": lambda: call("shutil", "rmtree", "/nowhere") + STOP,
    "call.network": lambda: call("urllib.request", "urlopen", "http://localhost:1/") + STOP,
    "call.import": lambda: call("importlib", "import_module", "this") + STOP,
    "call.attribute": lambda: call("operator", "attrgetter", "system") + STOP,
    "call.native": lambda: call("ctypes", "CDLL", "./nothing.so") + STOP,
    "call.tamper": lambda: call("sys", "exit", 0) + STOP,
    "call.resources": lambda: call("builtins", "pow", 9, 1 << 40) + STOP,
}
_TECHNIQUES = {
    "call.files": ("P13",),
    "call.network": ("P14",),
    "call.import": ("P02",),
    "call.attribute": ("P02",),
    "call.native": ("P16",),
    "call.tamper": ("P18",),
    "call.resources": ("V13",),
}


def _whole(build: Callable[[], bytes]) -> bytes:
    return build() + STOP


_HONEST: dict[str, Callable[[], bytes]] = {
    "a set's subclass": lambda: call("project.model", "Tags", ["a b", "c"]) + data({"x": 1}) + b"b",
    "an exception": lambda: call("project.model", "AppExit", "it did not work", 3),
    "a member of an enumeration": lambda: call("project.model", "Color", "dark red (ish)"),
    "a dict's subclass": lambda: name("project.model", "Default") + b"(" + name("builtins", "list") + b"tR",
    "a class in lower case": lambda: instance("project.model", "vocab"),
    "a class of a package of tests": lambda: instance("tests.model", "Net"),
    "keywords for `__new__`": lambda: (
        name("functools", "partial")
        + b"("
        + name("builtins", "getattr")
        + b"("
        + name("project.model", "Net")
        + data("__new__")
        + b"tRq\x08tR(h\x08("
        + name("project.model", "Net")
        + b"t"
        + data({"name": "x"})
        + b"Ntb)R"
    ),
}

GOLDENS = [
    *_DIRECT,
    *(
        Golden("pickle.call.execution", "model.pkl", build, _numbers, case, techniques)
        for case, (build, techniques) in _EXECUTION.items()
    ),
    *(
        Golden(f"pickle.{rule}", "model.pkl", build, _ordered, techniques=_TECHNIQUES[rule])
        for rule, build in _OTHER_HARM.items()
    ),
    Golden(
        "pickle.call.process",
        "model.pkl",
        lambda: pickle.dumps({"cache": base64.b64encode(LOADED).decode()}),
        lambda: pickle.dumps({"cache": base64.b64encode(_numbers()).decode()}),
        "in a constant",
        ("P12",),
    ),
    Golden(
        "pickle.call.process",
        "model.pkl",
        lambda: (
            call("pickle", "loads", b"")
            + b"0"
            + call("zlib", "decompress", zlib.compress(LOADED))
            + b"0"
            + data(LOADED)
            + STOP
        ),
        lambda: pickle.dumps({"packed": zlib.compress(b"weights" * 99)}),
        "bytes inside",
        ("P12",),
    ),
    Golden(
        "pickle.call.unlisted",
        "model.pkl",
        lambda: call("textwrap", "dedent", "echo hello") + STOP,
        lambda: pickle.dumps([fractions.Fraction(1, 3), Decimal("1.5"), datetime.date(2024, 1, 2)]),
        techniques=("P04", "P08"),
    ),
    Golden("pickle.call.unknown", "model.pkl", lambda: call("project.tools", "run", "echo hello") + STOP, _project),
    Golden(
        "pickle.call.unknown-class", "model.pkl", lambda: call("project.tools", "Runner", "echo hello") + STOP, _project
    ),
    Golden(
        "pickle.call.unusual",
        "model.pkl",
        lambda: call("builtins", "sorted", [1]) + STOP,
        lambda: (
            name("copy_reg", "_reconstructor")
            + b"("
            + name("project.model", "Net")
            + name("__builtin__", "object")
            + b"NtR."
        ),
    ),
    Golden(
        "pickle.call.on-result",
        "model.pkl",
        lambda: call("project.tools", "Maker") + data(("echo hello",)) + b"R.",
        _project,
        techniques=("P02",),
    ),
    Golden("pickle.class.unknown", "model.pkl", _project, _numbers),
    *(
        Golden("pickle.class.unknown", "model.pkl", partial(_whole, build), _numbers, case)
        for case, build in _HONEST.items()
    ),
    Golden(
        "pickle.call.execution",
        "model.pkl",
        lambda: call("operator", "methodcaller", "system", "echo hello") + STOP,
        lambda: call("operator", "methodcaller", "split", ",") + STOP,
        "a method by its name",
        ("P02",),
    ),
    Golden(
        "pickle.call.attribute",
        "model.pkl",
        lambda: call("operator", "attrgetter", "f_back.f_globals") + STOP,
        lambda: call("operator", "attrgetter", "name") + STOP,
        "attributes on the way to others",
        ("P02",),
    ),
    Golden(
        "pickle.call.on-result",
        "model.pkl",
        lambda: call("operator", "attrgetter", "name") + data(("echo hello",)) + b"R.",
        lambda: call("operator", "attrgetter", "name") + STOP,
        "a getter that is called",
        ("P02",),
    ),
    Golden(
        "pickle.hidden",
        "model.pkl",
        lambda: pickle.dumps({"x": b"\xff" + call("os", "system", "echo hello") + STOP}),
        lambda: pickle.dumps({"x": b"cos\nsystem\n", "y": "type: int\nname\n", "z": "e.g. cos\nsystem\n(S'ls'\ntR."}),
        "text that speaks of pickles",
        ("P12",),
    ),
    Golden(
        "pickle.class.unlisted",
        "model.pkl",
        lambda: instance("numpy", "Nothing") + data({"a": 1}) + b"b" + STOP,
        _project,
    ),
    Golden(
        "pickle.reference.dangerous",
        "model.pkl",
        lambda: b"}" + data("callback") + name("os", "system") + b"s.",
        lambda: pickle.dumps({"callback": "os.system"}),
        techniques=("P01",),
    ),
    Golden(
        "pickle.reference.unlisted",
        "model.pkl",
        lambda: b"}" + data("callback") + name("textwrap", "dedent") + b"s.",
        lambda: b"}" + data("kind") + name("builtins", "float") + b"s.",
    ),
    Golden("pickle.reference.unknown", "model.pkl", lambda: name("project.tools", "swish") + STOP, _numbers),
    Golden(
        "pickle.reference.guarded",
        "model.pkl",
        lambda: b"}" + data("callback") + name("builtins", "getattr") + b"s.",
        lambda: b"}" + data("callback") + data("getattr") + b"s.",
    ),
    Golden(
        "pickle.name.dotted",
        "model.pkl",
        lambda: b"\x80\x04" + stack_name("collections", "Counter.__init__.__globals__") + STOP,
        lambda: b"\x80\x04" + stack_name("collections", "Counter") + STOP,
        techniques=("P09",),
    ),
    Golden(
        "pickle.name.computed",
        "model.pkl",
        lambda: b"\x80\x04" + text("builtins") + call("project.tools", "Name", "ex") + b"\x93.",
        _project,
        techniques=("V05",),
    ),
    Golden(
        "pickle.name.odd",
        "model.pkl",
        lambda: b"\x80\x04" + stack_name("project\n.model", "Net") + b")\x81.",
        _project,
        techniques=("V05",),
    ),
    Golden("pickle.extension-registry", "model.pkl", lambda: b"\x80\x02\x82\x05.", _numbers, techniques=("V00",)),
    Golden(
        "pickle.state.on-global",
        "model.pkl",
        lambda: name("collections", "OrderedDict") + b"N" + data({"update": 1}) + b"\x86b.",
        _ordered,
        "BUILD on a class",
        ("V03",),
    ),
    Golden(
        "pickle.state.on-global",
        "model.pkl",
        lambda: name("sys", "modules") + data("scanner") + b"Ns.",
        lambda: pickle.dumps({"scanner": None}),
        "SETITEM on sys.modules",
        ("V03",),
    ),
    Golden(
        "pickle.state.callable",
        "model.pkl",
        lambda: (
            instance("project.model", "Net")
            + b"}"
            + data("__setstate__")
            + name("os", "system")
            + b"sb"
            + data("echo hello")
            + b"b."
        ),
        _project,
        techniques=("V02",),
    ),
    Golden(
        "pickle.state.harm",
        "model.pkl",
        lambda: instance("project.model", "Net") + b"}" + data("__class__") + name("project.model", "Other") + b"sb.",
        _project,
        techniques=("V02",),
    ),
    Golden(
        "pickle.state.unusual",
        "model.pt",
        lambda: b"\x80\x02" + _tensor() + data(0) + data(1) + b"s" + STOP,
        lambda: b"\x80\x02}" + data("weight") + _tensor() + b"s" + STOP,
        techniques=("C05",),
    ),
    Golden(
        "pickle.broken-after-call",
        "model.pkl",
        lambda: call("builtins", "exec", EXECUTED) + b"\xff",
        _numbers,
        techniques=("V08",),
    ),
    Golden(
        "pickle.trailing-data",
        "model.pkl",
        lambda: _numbers() + b"and so on, in plain text that no pickle is made of\n" * 3,
        lambda: _numbers() + bytes(64),
        techniques=("V12",),
    ),
    Golden(
        "pickle.frame.straddled",
        "model.pkl",
        lambda: b"\x80\x04\x95" + struct.pack("<Q", 2) + b"B\x03\x00\x00\x00abc.",
        lambda: _framed(b"B\x03\x00\x00\x00abc."),
        techniques=("V09",),
    ),
    Golden(
        "pickle.bomb.memo",
        "model.pkl",
        lambda: b"\x80\x02]r" + struct.pack("<I", 1 << 28) + STOP,
        lambda: b"\x80\x02]r" + struct.pack("<I", 300) + STOP,
        techniques=("V13",),
    ),
    Golden(
        "pickle.bomb.allocation",
        "model.pkl",
        lambda: b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"abc.",
        lambda: b"\x80\x05\x96" + struct.pack("<Q", 3) + b"abc.",
        techniques=("V13",),
    ),
    Golden("pickle.bomb.expansion", "model.pkl", lambda: _shared(12), lambda: _shared(2), techniques=("V13",)),
    Golden("pickle.bomb.nesting", "model.pkl", lambda: _deep(100_000), lambda: _deep(10), techniques=("V13",)),
]


def _joblib() -> bytes:
    """An array as joblib writes it: its values inline, behind the object that stands for it."""
    wrapper = instance("joblib.numpy_pickle", "NumpyArrayWrapper")
    kind = (
        call("numpy", "dtype", "f8", False, True)
        + b"(K\x03"
        + data("<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    state = b"}(" + data("subclass") + name("numpy", "ndarray") + data("shape") + data((2,)) + data("order") + data("C")
    state += data("dtype") + kind + data("allow_mmap") + b"\x88u"
    return b"\x80\x03" + b"]" + wrapper + state + b"b" + struct.pack("<2d", 1.0, 2.0) + b"aK\x01a."


def _tensor() -> bytes:
    """The opcodes of a tensor of two numbers."""
    pid = b"(" + data("storage") + name("torch", "FloatStorage") + data("7") + data("cpu") + data(2) + b"NtQ"
    rebuilt = name("torch._utils", "_rebuild_tensor_v2") + b"(" + pid + b"K\x00" + data((2,)) + data((1,)) + b"\x89"
    return rebuilt + name("collections", "OrderedDict") + b")RtR"


def _torch_legacy() -> bytes:
    """A tensor as PyTorch wrote it before 1.6."""
    head = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    pickles = [pickle.dumps(value, 2) for value in head] + [b"\x80\x02" + _tensor() + STOP, pickle.dumps(["7"], 2)]
    return b"".join(pickles) + struct.pack("<q2f", 2, 1.0, 2.0)


def _many() -> bytes:
    kept = io.BytesIO()
    for value in ([1, 2.5, None, True], {"a": {"b": (1,)}}, {1, 2}, frozenset({3}), bytearray(b"x"), 1 << 200, "é"):
        pickle.dump(value, kept, 5)
    return kept.getvalue()


FORMATS_SEEN = {
    "arrays.joblib": _joblib,
    "legacy.pt": _torch_legacy,
    "many.pkl": _many,
    **{
        f"protocol{p}.pkl": (lambda p=p: pickle.dumps([{"a": [1, 2.5, "x", b"y", (), {1}, 1 << 70]}], p))
        for p in range(6)
    },
}
