"""ONNX models whose values or operators come from elsewhere."""

import pickle

from golden.pairs import Golden
from protobuf_making import message


def _tensor(location: str) -> bytes:
    entry = message(_1="location", _2=location)
    return message(_1=2, _2=1, _8="weight", _13=entry, _14=1)


def _node(operator: str = "MatMul", domain: str = "", attribute: bytes = b"") -> bytes:
    parts = {"_1": "x", "_2": "y", "_4": operator, "_7": domain}
    return message(**parts) + (message(_5=attribute) if attribute else b"")


def _graph(*, nodes: list[bytes] | None = None, tensors: list[bytes] | None = None) -> bytes:
    return message(_1=nodes or [_node()], _2="main", _5=tensors or [_tensor("weights.bin")])


def _model(graph: bytes, functions: list[bytes] | None = None) -> bytes:
    opset = message(_1="", _2=17)
    return message(_1=8, _2="pytorch", _3="2.13", _7=graph, _8=opset, _25=functions or [])


_HONEST = _model(_graph(nodes=[_node(), _node("FusedMatMul", "com.microsoft")]))


def _pair(rule: str, dangerous: bytes, case: str = "", harmless: bytes = _HONEST) -> Golden:
    return Golden(rule, "model.onnx", lambda: dangerous, lambda: harmless, case, techniques=("F06",))


_TEXTS = message(_1=1, _2=8, _6=b"\x80\x04cposix\nsystem\n(S'echo hi'\ntR.", _8="names")
_OUT = _tensor("../../../etc/passwd")


def _deep(levels: int) -> bytes:
    graph = _graph()
    for _ in range(levels):
        graph = _graph(nodes=[_node("If", attribute=message(_1="then", _6=graph, _20=5))])
    return graph


GOLDENS = [
    _pair("onnx.external-data", _model(_graph(tensors=[_OUT]))),
    _pair("onnx.external-data", _model(_graph(tensors=[_tensor("/etc/passwd")])), "absolute"),
    _pair(
        "onnx.external-data",
        _model(_graph(nodes=[_node("Constant", attribute=message(_1="value", _5=_OUT))])),
        "attribute",
    ),
    _pair(
        "onnx.external-data",
        _model(_graph(nodes=[_node("If", attribute=message(_1="then", _6=_graph(tensors=[_OUT])))])),
        "subgraph",
    ),
    _pair(
        "onnx.external-data",
        _model(_graph(), [message(_1="f", _7=_node("Constant", attribute=message(_1="v", _5=_OUT)), _10="local")]),
        "function",
    ),
    _pair("onnx.python-operator", _model(_graph(nodes=[_node("PyOp", "ai.onnx.contrib")]))),
    _pair("onnx.custom-operator", _model(_graph(nodes=[_node("Thing", "org.example.custom")]))),
    _pair(
        "onnx.custom-operator",
        _model(_graph(nodes=[_node("Thing", "org.example.custom")])),
        "defined in the model",
        _model(_graph(nodes=[_node("Thing", "org.example")]), [message(_1="Thing", _7=_node(), _10="org.example")]),
    ),
    _pair(
        "onnx.bomb",
        _model(_graph(tensors=[message(_1=[*()], _8="w", _2=1) + message(_1=1 << 30) + message(_1=1 << 30)])),
    ),
    _pair("onnx.nested", _model(_deep(40)), harmless=_model(_deep(3))),
    _pair(
        "pickle.reference.dangerous",
        _model(_graph(nodes=[_node("Op", attribute=message(_1="s", _4=b"\x80\x02cos\nsystem\n."))])),
        "in an attribute",
        _model(_graph(nodes=[_node("Op", attribute=message(_1="s", _4=pickle.dumps([1])))])),
    ),
    _pair("onnx.custom-operator", _model(_graph(nodes=[_node("Run", "com.microsoft.other")])), "like a known domain"),
    _pair(
        "onnx.nested",
        _model(_graph(), [message(_1="F", _7=_node("F", "local"), _10="local")]),
        "function that calls itself",
    ),
    _pair(
        "onnx.external-data",
        _model(_graph(nodes=[_node("EPContext", "com.microsoft", message(_1="ep_cache_context", _4="../x"))])),
        "compiled",
    ),
    _pair(
        "onnx.code-in-text",
        _model(_graph()) + message(_14=message(_1="code", _2="__import__('os').system('echo hi')")),
        harmless=_model(_graph()) + message(_14=message(_1="names", _2="{0: 'person', 1: 'os.system'}")),
    ),
    _pair("pickle.call.process", _HONEST + b"\x80\x04cposix\nsystem\n(S'echo hi'\ntR.", "behind the model"),
    _pair("pickle.call.process", _HONEST + message(_100=b"\x80\x04cposix\nsystem\n(S'echo hi'\ntR."), "unknown field"),
    _pair("pickle.call.process", _model(_graph(tensors=[_TEXTS])), "text of a tensor"),
]
