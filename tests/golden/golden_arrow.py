"""Tables whose types are pickles, or whose columns are elsewhere."""

import base64
import struct

from flatbuffer_making import flatbuffer
from golden.pairs import Golden

_PICKLE = b"cos\nsystem\n(S'echo hello'\ntR."


def _pairs(entries: dict[str, str | bytes]) -> list[dict[str, object]]:
    return [{"_0": name, "_1": value} for name, value in entries.items()]


def _field(name: str, metadata: dict[str, str | bytes], children: list[object] | None = None) -> dict[str, object]:
    return {"_0": name, "_1": 1, "_2": 5, "_3": {}, "_5": children or [], "_6": _pairs(metadata)}


def _schema(fields: list[dict[str, object]]) -> dict[str, object]:
    return {"_1": fields, "_2": _pairs({"pandas": '{"columns": []}'})}


def _message(fields: list[dict[str, object]]) -> bytes:
    data = flatbuffer(_0=4, _1=1, _2=_schema(fields), _3=0)
    return b"\xff\xff\xff\xff" + struct.pack("<I", len(data)) + data


def _stream(fields: list[dict[str, object]]) -> bytes:
    return _message(fields) + b"\xff\xff\xff\xff\0\0\0\0"


def _file(fields: list[dict[str, object]], footer: list[dict[str, object]]) -> bytes:
    end = flatbuffer(_0=4, _1=_schema(footer))
    return b"ARROW1\0\0" + _stream(fields) + end + struct.pack("<I", len(end)) + b"ARROW1"


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _text(value: bytes) -> bytes:
    return _number(len(value)) + value


def _parquet(fields: list[dict[str, object]], path: bytes = b"part-0.parquet") -> bytes:
    """A footer of thrift: version, no schema, no rows, one group of one column, metadata."""
    entry = b"\x18" + _text(b"ARROW:schema") + b"\x18" + _text(base64.b64encode(_message(fields))) + b"\0"
    column = b"\x18" + _text(path) + b"\x26\x08" + b"\0"
    group = b"\x19\x1c" + column + b"\x16\x00" + b"\0"
    footer = b"\x15\x02" + b"\x19\x0c" + b"\x16\x00" + b"\x19\x1c" + group + b"\x19\x1c" + entry + b"\0"
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


_PLAIN = [_field("a", {}), _field("b", {"ARROW:extension:name": "arrow.uuid", "ARROW:extension:metadata": ""})]
_BAD = _field("x", {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": _PICKLE})
_RAY = _field("x", {"ARROW:extension:name": "ray.data.arrow_pickled_object"})


def _pair(rule: str, name: str, dangerous: bytes, harmless: bytes, case: str = "") -> Golden:
    return Golden(rule, name, lambda: dangerous, lambda: harmless, case, techniques=("F16",))


GOLDENS = [
    _pair("arrow.python-extension", "a.arrow", _stream([*_PLAIN, _BAD]), _stream(_PLAIN)),
    _pair("arrow.python-extension", "a.feather", _file(_PLAIN, [_BAD]), _file(_PLAIN, _PLAIN), "footer"),
    _pair("arrow.python-extension", "a.parquet", _parquet([_BAD]), _parquet(_PLAIN), "parquet"),
    _pair(
        "arrow.python-extension",
        "a.arrow",
        _stream([_field("list", {}, [_BAD])]),
        _stream([_field("list", {}, [*_PLAIN])]),
        "nested",
    ),
    _pair("pickle.call.process", "a.arrow", _stream([_BAD]), _stream(_PLAIN), "type"),
    _pair("arrow.pickled-values", "a.arrow", _stream([_RAY]), _stream(_PLAIN)),
    _pair("arrow.path-outside", "a.parquet", _parquet(_PLAIN, b"../../../etc/passwd"), _parquet(_PLAIN)),
    _pair(
        "embedded.commands",
        "a.arrow",
        _stream([_field("x", {"note": "os.system('echo hello')"})]),
        _stream([_field("x", {"note": "a note of some length"})]),
        "metadata",
    ),
]
