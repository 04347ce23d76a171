"""Keras's models: code in layers, and names that Keras looks up."""

import base64
import io
import json
import marshal
import pickle
import zipfile

from golden.pairs import Golden


def _layer(class_name: str, config: object, **more: object) -> dict[str, object]:
    return {"module": "keras.layers", "class_name": class_name, "config": config, "registered_name": None, **more}


_DENSE = _layer("Dense", {"name": "d", "units": 2, "activation": "relu"})


def _model(*layers: object) -> dict[str, object]:
    return _layer("Sequential", {"name": "s", "layers": [_DENSE, *layers]}, module="keras")


def _zip(*layers: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        archive.writestr("config.json", json.dumps(_model(*layers)))
    return buffer.getvalue()


def _code() -> str:
    compiled = compile("lambda x: (__import__('os').system('echo hi'), x)[1]", "f", "eval").co_consts[0]
    return base64.b64encode(marshal.dumps(compiled)).decode()


class _Echo:
    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, ("echo hi",)


_V2 = _layer("Lambda", {"name": "l", "function": [_code(), None, None], "function_type": "lambda"})
_V3 = _layer("Lambda", {"function": {"class_name": "__lambda__", "config": {"code": _code(), "defaults": None}}})
_UNNAMED = {"class_name": "__lambda__", "config": {"value": _code(), "defaults": None, "closure": None}}
_NAMED = _layer("Lambda", {"name": "l", "function": "preprocess", "function_type": "function"})
_TORCH = _layer(
    "TorchModuleWrapper",
    {"module": {"class_name": "__bytes__", "module": "builtins", "config": {"value": base64.b64encode(b"x").decode()}}},
)
_PICKLED = _layer(
    "TorchModuleWrapper",
    {"module": {"class_name": "__bytes__", "config": {"value": base64.b64encode(pickle.dumps(_Echo())).decode()}}},
)


def _function(module: str, name: str) -> dict[str, object]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


def _pair(rule: str, dangerous: object, harmless: object = _DENSE, case: str = "", technique: str = "F02") -> Golden:
    return Golden(rule, "model.keras", lambda: _zip(dangerous), lambda: _zip(harmless), case, techniques=(technique,))


GOLDENS = [
    _pair("keras.lambda", _V2, technique="F01"),
    _pair("keras.lambda", _V3, case="Keras 3", technique="F01"),
    _pair(
        "keras.lambda",
        _layer("TimeDistributed", {"layer": _V2}),
        _layer("TimeDistributed", {"layer": _DENSE}),
        "wrapped",
        "F01",
    ),
    Golden(
        "keras.lambda",
        "model.json",
        lambda: json.dumps(_model(_V2)).replace("Lambda", "\\u004cambda").encode(),
        lambda: json.dumps(_model()).encode(),
        "escaped in JSON",
        techniques=("F01",),
    ),
    Golden(
        "keras.lambda",
        "model.yaml",
        f"class_name: Lambda\nconfig:\n  function: ['{_code()}', null, null]\n".encode,
        lambda: b"class_name: Dense\nconfig:\n  units: 2\n",
        "YAML",
        techniques=("F01",),
    ),
    _pair("keras.lambda-by-name", _NAMED),
    _pair("keras.lambda-text", _layer("Lambda", {"function": "lambda x: x * 2"})),
    _pair("keras.lambda-text", _layer("keras.layers>Lambda", {"function": "lambda x: x"}), case="qualified"),
    _pair("keras.dangerous-object", _layer("Lambda", {"module": "os", "function_name": "system"}), case="of a Lambda"),
    _pair("keras.code-in-text", _layer("Dense", {"bias_initializer": "__import__('os').system('echo hi')"})),
    _pair("keras.loading-layer", _layer("TFSMLayer", {"filepath": "/tmp/model"})),
    _pair("keras.loading-layer", _TORCH, case="PyTorch"),
    _pair("pickle.call.process", _PICKLED, case="in a Keras layer"),
    _pair("keras.dangerous-object", _function("os", "system"), _function("keras.activations", "relu")),
    _pair("keras.dangerous-object", _function("keras.utils", "get_file"), _function("keras.ops", "relu"), "get_file"),
    _pair("keras.dangerous-object", {"module": "subprocess", "class_name": "Popen", "config": {}}, case="class"),
    _pair(
        "keras.custom-object",
        {"module": "some_project.layers", "class_name": "Attention", "config": {}},
        {"module": None, "class_name": "Attention", "config": {}, "registered_name": "Custom>Attention"},
    ),
    _pair(
        "keras.vocabulary-path",
        _layer("StringLookup", {"vocabulary": "/etc/passwd"}),
        _layer("StringLookup", {"vocabulary": ["a", "b"]}),
    ),
    _pair(
        "keras.lambda",
        _layer("Lambda", {"function": {"class_name": "__tuple__", "items": [_code(), None, None]}}),
        case="in a tuple",
        technique="F01",
    ),
    _pair(
        "keras.lambda",
        _layer("Dense", {"units": 2, "extra": {"a": [_code()]}}),
        case="in another layer",
        technique="F01",
    ),
    _pair("keras.lambda", _layer("Dense", {"units": 2, "activation": _UNNAMED}), case="activation", technique="F01"),
    _pair(
        "keras.loading-layer",
        {"class_name": "keras.src.export.tfsm_layer.TFSMLayer", "config": {"filepath": "/tmp/model"}},
        case="qualified",
    ),
    _pair(
        "keras.loading-layer",
        _layer("KerasLayer", {"handle": "http://203.0.113.7/m.tar.gz"}),
        _layer("KerasLayer", {"handle": "https://tfhub.dev/google/nnlm-en-dim50/2"}),
        "handle",
    ),
    _pair(
        "keras.dangerous-object",
        _layer("Dense", {"fn": "keras.utils.get_file", "args": ["x", "https://example.org/x"]}),
        case="gadget by name",
    ),
    _pair(
        "keras.dangerous-object", _layer("Dense", {"units": 2, "fn_module": "subprocess"}), case="module of a function"
    ),
    _pair("keras.dangerous-object", _function("builtins", "eval"), _function("builtins", "my_loss"), "builtin"),
    _pair(
        "keras.dangerous-object",
        {"class_name": "__typespec__", "spec_name": "Popen", "module": "subprocess", "config": [["echo"]]},
        case="type",
    ),
    _pair(
        "keras.dangerous-object",
        {"class_name": "TFOpLambda", "config": {"name": "x", "function": "io.read_file"}},
        {"class_name": "TFOpLambda", "config": {"name": "x", "function": "math.multiply"}},
        "operator",
    ),
    _pair(
        "keras.dangerous-object",
        {"class_name": "TensorFlowOpLayer", "config": {"node_def": json.dumps({"name": "x", "op": "WriteFile"})}},
        {"class_name": "TensorFlowOpLayer", "config": {"node_def": json.dumps({"name": "x", "op": "AddV2"})}},
        "operator's node",
    ),
    _pair(
        "keras.dangerous-object", _layer("CSVLogger", {"filename": "/tmp/x"}, module="keras.callbacks"), case="callback"
    ),
    _pair(
        "keras.registered-object",
        {"module": "some_project.layers", "class_name": "Attention", "config": {}, "registered_name": "Some>Attention"},
    ),
    _pair(
        "keras.vocabulary-path",
        _layer("Embedding", {"weights": "http://203.0.113.7/w"}),
        _layer("Embedding", {"weights": None}),
        "weights",
    ),
    Golden(
        "config.repeated-name",
        "config.json",
        (json.dumps(_model(_V2))[:-1] + ', "config": {"layers": []}}').encode,
        lambda: json.dumps(_model()).encode(),
        "Keras",
        techniques=("F01",),
    ),
]
