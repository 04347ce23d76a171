"""Core ML models with layers of the app's, and with parts from elsewhere."""

from golden.pairs import Golden
from protobuf_making import field, message


def _model(*parts: bytes, texts: dict[str, str] | None = None) -> bytes:
    metadata = message(_1="A model that multiplies", _3="somebody", _4="MIT")
    metadata += b"".join(field(100, message(_1=name, _2=text)) for name, text in (texts or {}).items())
    description = field(1, message(_1="x")) + field(10, message(_1="y")) + field(100, metadata)
    return field(1, 4) + field(2, description) + b"".join(parts)


def _network(*layers: bytes) -> bytes:
    return field(500, b"".join(field(1, layer) for layer in layers))


def _linked(path: str) -> bytes:
    return field(556, field(1, field(1, field(1, path))))


def _program(path: str) -> bytes:
    operation = field(1, "const") + field(5, message(_1="val", _2=field(5, message(_1=path, _2=64))))
    block = field(3, operation)
    function = field(3, message(_1="CoreML5", _2=block))
    return field(502, field(1, 1) + field(2, message(_1="main", _2=function)))


_DENSE = message(_1="dense", _2="x", _3="y") + field(140, message(_1=2, _2=3))
_CUSTOM = message(_1="custom", _2="x", _3="y") + field(500, field(10, "EvilRuntimeLayer"))
_HONEST = _model(_network(_DENSE), texts={"com.github.apple.coremltools.version": "9.0"})


def _pair(rule: str, dangerous: bytes, case: str = "", harmless: bytes = _HONEST) -> Golden:
    return Golden(rule, "model.mlmodel", lambda: dangerous, lambda: harmless, case)


def _deep(levels: int) -> bytes:
    model = _HONEST
    for _ in range(levels):
        model = _model(field(202, field(1, model)))
    return model


GOLDENS = [
    _pair("coreml.custom-layer", _model(_network(_DENSE, _CUSTOM))),
    _pair("coreml.custom-layer", _model(field(202, field(1, _model(_network(_CUSTOM))))), "pipeline", _deep(1)),
    _pair("coreml.custom-layer", b"\x4b\x08\x01\x4c" + _model(_network(_CUSTOM)), "behind a group"),
    _pair("coreml.custom-model", _model(field(555, field(10, "EvilRuntime")))),
    _pair("coreml.path-outside", _model(_linked("../../other.mlmodel")), harmless=_model(_linked("part.mlmodel"))),
    _pair(
        "coreml.path-outside",
        _model(_linked("$BUNDLE_MAIN/../../outside.mlmodel")),
        "bundle",
        _model(_linked("$BUNDLE_MAIN/inside.mlmodel")),
    ),
    _pair(
        "coreml.path-outside",
        _model(_program("/etc/passwd")),
        "program",
        _model(_program("@model_path/weights/weight.bin")),
    ),
    _pair("coreml.nested", _deep(20), harmless=_deep(3)),
    _pair("embedded.commands", _model(_network(_DENSE), texts={"hook": "python3 -c 'print(1)'"}), "Core ML"),
]
