"""Archives for servers, networks in Java, Caffe and PaddlePaddle: what they make their servers run and read."""

import io
import json
import struct
import tarfile
import zipfile

from golden.pairs import Golden
from protobuf_making import field, message


def _mar(handler: str = "handler.py", **more: str) -> bytes:
    out = io.BytesIO()
    manifest = {"model": {"modelName": "m", "handler": handler, "serializedFile": "model.json", **more}}
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("MAR-INF/MANIFEST.json", json.dumps(manifest))
        archive.writestr("handler.py", "class Handler:\n    pass\n")
        archive.writestr("model.json", "{}")
    return out.getvalue()


def _nemo(tokenizer: str) -> bytes:
    config = (
        f"target: nemo.collections.asr.models.EncDecCTCModel\ntokenizer:\n  model_path: nemo:{tokenizer}\n".encode()
    )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("model_config.yaml")
        info.size = len(config)
        archive.addfile(info, io.BytesIO(config))
    return out.getvalue()


def _pojo(body: str) -> bytes:
    return (
        "// Runtime.getRuntime() is nothing that a model needs\nimport hex.genmodel.GenModel;\n"
        f"public class Model extends GenModel {{\n  static final double[] W = {{1.0, 2.0}};\n  {body}\n"
        '  public String getUUID() { return "new ProcessBuilder"; }\n}\n'
    ).encode()


def _network(module: str, layer: str) -> bytes:
    python = message(_1=module, _2=layer, _3="{}")
    return field(1, "net") + field(100, message(_1="data", _2="Input")) + field(
        100, message(_1="x", _2="Python") + field(130, python))  # fmt: skip


_PROTOTXT = 'name: "net"\nlayer {{\n  name: "x"\n  type: "{}"\n  # python_param {{ module: "os" }}\n  {}\n}}\n'


def _prototxt(kind: str, parameter: str) -> bytes:
    return _PROTOTXT.format(kind, parameter).encode()


_PLAIN_NET = (
    field(1, "net") + field(100, message(_1="data", _2="Input")) + field(100, message(_1="c", _2="Convolution"))
)
_PLAIN_TEXT = _prototxt("Convolution", "convolution_param { num_output: 3 }")


def _program(kind: str, **texts: str) -> bytes:
    attributes = b"".join(field(4, message(_1=name, _2=2, _5=text)) for name, text in texts.items())
    operation = field(1, message(_1="X", _2="x")) + field(3, kind) + attributes
    variable = field(3, message(_1="x") + field(2, message(_1=7)))
    return field(1, field(1, 0) + field(2, 0) + variable + field(4, operation)) + field(4, field(1, 0))


_PLAIN_PROGRAM = _program("load_combine", file_path="model.pdiparams", op_callstack="os.system('x')")


def _parameters() -> bytes:
    description = field(1, 5) + field(2, 2) + field(2, 3)
    tensor = bytes(16) + struct.pack("<I", len(description)) + description + struct.pack("<6f", *range(6))
    return tensor + tensor


def _pair(rule: str, name: str, dangerous: bytes, harmless: bytes, case: str = "") -> Golden:
    return Golden(rule, name, lambda: dangerous, lambda: harmless, case, techniques=("F15",))


GOLDENS = [
    _pair("mar.path-outside", "m.mar", _mar("../../tmp/handler.py"), _mar()),
    _pair("mar.path-outside", "m.mar", _mar("/tmp/handler.py:handle"), _mar("handler.py:handle"), "absolute"),
    _pair(
        "mar.path-outside", "m.mar", _mar(extraFiles="a.txt,http://attacker.example/x"), _mar("image_classifier"), "URL"
    ),
    _pair("nemo.path-outside", "m.nemo", _nemo("../../../etc/passwd"), _nemo("a1b2_tokenizer.model")),
    _pair("java.execution", "Model.java", _pojo('static { Runtime.getRuntime().exec("echo"); }'), _pojo("")),
    _pair(
        "java.execution",
        "Model.java",
        _pojo("static { \\u0052untime.getRuntime(); }"),
        _pojo("// Runtime\n"),
        "escaped",
    ),
    _pair("java.access", "Model.java", _pojo('Object x = new java.net.URL("http://a.example");'), _pojo("")),
    _pair("caffe.python-harmful", "m.caffemodel", _network("os", "system"), _PLAIN_NET),
    _pair("caffe.python-layer", "m.caffemodel", _network("custom", "Proposal"), _PLAIN_NET),
    _pair(
        "caffe.python-harmful",
        "m.prototxt",
        _prototxt("Python", "python_param { module: 'os' layer: \"sys\" 'tem' }"),
        _PLAIN_TEXT,
        "text",
    ),
    _pair(
        "caffe.python-layer",
        "m.prototxt",
        _prototxt("Python", 'python_param { module: "custom" layer: "Proposal" }'),
        _PLAIN_TEXT,
        "text",
    ),
    _pair("paddle.python-operator", "m.pdmodel", _program("py_func"), _PLAIN_PROGRAM),
    _pair("paddle.writes", "m.pdmodel", _program("save_combine", file_path="x"), _PLAIN_PROGRAM),
    _pair("paddle.network", "m.pdmodel", _program("listen_and_serv", endpoint="127.0.0.1:1"), _PLAIN_PROGRAM),
    _pair("paddle.path-outside", "m.pdmodel", _program("load_combine", file_path="/etc/passwd"), _PLAIN_PROGRAM),
]

FORMATS_SEEN = {"m.pdiparams": _parameters}
