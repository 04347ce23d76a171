"""TensorFlow's graphs with operators that do more than compute."""

import os
import pickle
import struct

from golden.flat import Number, Table, flat
from golden.golden_executable import elf
from golden.pairs import Golden
from protobuf_making import message


def _node(name: str, operator: str, inputs: list[str] | None = None, attributes: list[bytes] | None = None) -> bytes:
    return message(_1=name, _2=operator, _3=[one.encode() for one in inputs or []], _5=attributes or [])


def _calls(function: str) -> bytes:
    return message(_1="f", _2=message(_10=message(_1=function)))


def _text(key: str, text: str) -> bytes:
    return message(_1=key, _2=message(_2=text))


def _graph(nodes: list[bytes], functions: dict[str, list[bytes]] | None = None) -> bytes:
    library = [message(_1=message(_1=name), _3=inner) for name, inner in (functions or {}).items()]
    return message(_1=nodes) + message(_2=message(_1=library))


def _meta(graph: bytes, output: str = "out:0") -> bytes:
    signature = message(_2=message(_1="y", _2=message(_1=output)), _3="tensorflow/serving/predict")
    return message(_1=message(_4="serve"), _2=graph, _5=message(_1="serving_default", _2=signature))


def _saved(*metas: bytes) -> bytes:
    return message(_1=1, _2=list(metas))


_IN = _node("in", "Placeholder")
_OUT = _node("out", "MatMul", ["in"])
_SAVER = {"traced_save": [_node("s", "SaveV2"), _node("m", "MergeV2Checkpoints")], "restore": [_node("r", "RestoreV2")]}
_HONEST = _saved(
    _meta(_graph([_IN, _OUT, _node("save", "StatefulPartitionedCall", [], [_calls("traced_save")])], _SAVER))
)


def _serving(operator: str, attributes: list[bytes] | None = None) -> bytes:
    return _saved(_meta(_graph([_IN, _node("bad", operator, ["in"], attributes), _node("out", "Identity", ["bad"])])))


def _pair(
    rule: str, dangerous: bytes, case: str = "", harmless: bytes = _HONEST, name: str = "saved_model.pb"
) -> Golden:
    return Golden(f"tensorflow.{rule}", name, lambda: dangerous, lambda: harmless, case, techniques=("F04",))


_FUNCTION = _graph(
    [_IN, _node("call", "StatefulPartitionedCall", ["in"], [_calls("inner")]), _node("out", "Identity", ["call"])],
    {"inner": [_node("w", "WriteFile")]},
)
_BRANCH = _graph(
    [_IN, _node("if", "If", ["in"], [_calls("then")]), _node("out", "Identity", ["if:0"])],
    {"then": [_node("r", "ReadFile")]},
)
_SAVES = _graph(
    [_IN, _node("c", "PartitionedCall", ["in"], [_calls("f")]), _node("out", "Identity", ["c"])],
    {"f": [_node("s", "SaveV2")]},
)
_FROZEN = _graph([_IN, _OUT])

GOLDENS = [
    _pair("network", _serving("DataServiceDatasetV4")),
    _pair("file-write", _serving("WriteFile")),
    _pair("file-write", _serving("DatasetToTFRecord"), "records"),
    _pair("file-read", _serving("LoadAndRemapMatrix"), "matrix"),
    _pair("file-read", _serving("IO>FileRead"), "TensorFlow I/O", _serving("IO>DecodeWebP")),
    _pair("file-write", _saved(_meta(_FUNCTION)), "in a function"),
    _pair("file-write", _saved(_meta(_graph([_IN, _OUT])), _meta(_FUNCTION)), "second graph"),
    _pair("file-write", _graph([_IN, _node("w", "WriteFile", ["in"])]), "frozen graph", _FROZEN, "frozen.pb"),
    _pair("file-write", _meta(_FUNCTION), "MetaGraph", _meta(_FROZEN), "model.meta"),
    _pair(
        "file-write",
        _serving("PrintV2", [_text("output_stream", "file:///tmp/x")]),
        "print",
        _serving("PrintV2", [_text("output_stream", "stderr")]),
    ),
    _pair(
        "file-write", b'node { name: "w" op: "WriteFile" }', "text", b'node { name: "w" op: "MatMul" }', "graph.pbtxt"
    ),
    _pair("file-read", _serving("ReadFile")),
    _pair("file-read", _saved(_meta(_BRANCH)), "in a branch"),
    _pair("python-function", _serving("PyFunc")),
    _pair("library", _serving("LoadLibrary")),
    _pair("save-in-signature", _saved(_meta(_SAVES))),
    _pair("debug-url", _serving("DebugIdentityV2", [_text("debug_urls", "grpc://203.0.113.7:6064")])),
    _pair(
        "asset",
        message(_1=1, _2=_meta(_FROZEN) + message(_6=message(_2="../../etc/passwd"))),
        harmless=message(_1=1, _2=_meta(_FROZEN) + message(_6=message(_2="vocab.txt"))),
    ),
    _pair(
        "asset",
        b'model_checkpoint_path: "../../other/model"\n',
        "checkpoint",
        b'model_checkpoint_path: "model-7"\n',
        "checkpoint",
    ),
    _pair(
        "file-read",
        b"node{name:'r' op # note\n : 'Read' \"\\x46ile\"}",
        "text in pieces",
        b"node{name:'r' op:'Re' 'lu'}",
        "graph.pbtxt",
    ),
    _pair(
        "file-write",
        b'meta_graphs { graph_def { library { function { node_def { op: "PrintV2" attr { key: "output_stream" value '
        b'{ s: "file:///tmp/x" } } } } } } }',
        "text of a saved model",
        b'saved_model_schema_version: 1 meta_graphs { graph_def { node { op: "PrintV2" attr { key: "output_stream" '
        b'value { s: "stderr" } } } } asset_file_def { filename: "vocab.txt" } }',
        "saved_model.pbtxt",
    ),
    _pair("restore-elsewhere", _serving("RestoreV2")),
    _pair(
        "restore-elsewhere",
        _graph([_node("p", "Const", [], [_text("value", "/etc/passwd")]), _node("r", "RestoreV2", ["p"])]),
        "constant",
        _graph([_node("save/Const", "Const", [], [_text("value", "model")]), _node("r", "RestoreV2", ["save/Const"])]),
        "graph.pb",
    ),
    _pair(
        "save-in-signature",
        _saved(_meta(_SAVES) + message(_4=message(_1="legacy_init_op", _2=message(_1=message(_1="out"))))),
        "on loading",
    ),
    _pair("code-in-text", _serving("Const", [_text("value", "__import__('os').system('echo hi')")])),
]


def _flat(operators: list[str], *, size: int | None = None) -> bytes:
    """A FlatBuffer with operator codes only: each table has a name and nothing else."""
    out = bytearray(b"\0\0\0\0TFL3")

    def put(form: str, *values: int) -> int:
        at = len(out)
        out.extend(struct.pack(form, *values))
        return at

    shape = put("<HHHH", 8, 8, 0, 4)
    root = put("<iI", len(out) - shape, 0)
    out[root + 4 : root + 8] = struct.pack("<I", len(out) - root - 4)
    vector = put("<I", len(operators) if size is None else size)
    slots = [put("<I", 0) for _ in operators]
    inner = put("<HHHH", 8, 8, 0, 4)
    for slot, name in zip(slots, operators, strict=True):
        table = put("<iI", len(out) - inner, 4)
        out[slot : slot + 4] = struct.pack("<I", table - slot)
        put("<I", len(name))
        out.extend(name.encode() + bytes(4 - len(name) % 4))
    out[0:4] = struct.pack("<I", root)
    assert vector
    return bytes(out)


def _lite(rule: str, operator: str, harmless: str = "TFLite_Detection_PostProcess") -> Golden:
    return Golden(
        f"tflite.{rule}", "model.tflite", lambda: _flat([operator]), lambda: _flat([harmless]), techniques=("F05",)
    )


class _Echo:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo hi",)


_PICKLE = pickle.dumps(_Echo(), 2)


def _held(rule: str, case: str, values: bytes, after: bytes = b"") -> Golden:
    def build(values: bytes, after: bytes) -> bytes:
        root: Table = {0: Number("I", 3), 1: [], 2: [], 4: [{0: values.ljust(64, b"\1")}]}
        return bytes(flat(root, b"TFL3")) + after

    return Golden(
        rule,
        "model.tflite",
        lambda: build(values, after),
        lambda: build(b"\2" * 9, bytes(64)),
        f"tflite, {case}",
        ("F05",),
    )


GOLDENS += [
    _lite("harmful-operator", "FlexWriteFile"),
    _lite("flex-operator", "FlexErf"),
    _lite("custom-operator", "Telemetry"),
    _held("pickle.call.process", "values", _PICKLE),
    _held("pickle.hidden", "graph", b"", _PICKLE),
    _held("executable.in-model", "behind the graph", b"", elf()),
    Golden(
        "tflite.structure", "model.tflite", lambda: _flat(["x"], size=1 << 30), lambda: _flat([]), techniques=("F05",)
    ),
]
FORMATS_SEEN = {
    "variables.index": lambda: bytes(40) + bytes.fromhex("57fb808b247547db"),
    "fingerprint.pb": lambda: message(_1=1 << 60, _2=7, _3=9),
    "keras_metadata.pb": lambda: message(
        _1=message(_3="root", _4="_tf_keras_sequential", _5='{"class_name": "Sequential"}')
    ),
}
