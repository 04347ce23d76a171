"""Torch7's objects with functions, and with Lua in their texts."""

import struct

from golden.pairs import Golden


def _i(value: int) -> bytes:
    return struct.pack("<i", value)


def _text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _i(2) + _i(len(raw)) + raw


def _class(number: int, name: str) -> bytes:
    return _i(4) + _i(number) + _i(3) + b"V 1" + _i(len(name)) + name.encode()


def _tensor(number: int) -> bytes:
    head = _class(number, "torch.FloatTensor") + _i(1) + struct.pack("<qqq", 3, 1, 1)
    return head + _class(number + 1, "torch.FloatStorage") + struct.pack("<q3f", 3, 0.5, 0.25, 0.125)


def _table(number: int, **entries: bytes) -> bytes:
    return _i(3) + _i(number) + _i(len(entries)) + b"".join(_text(key) + value for key, value in entries.items())


def _function(number: int, code: bytes) -> bytes:
    return _i(8) + _i(number) + _i(len(code)) + code + _table(number + 1)


def _model(**fields: bytes) -> bytes:
    entries = {"weight": _tensor(10), "train": _i(5) + _i(0), "rate": _i(1) + struct.pack("<d", 0.1), **fields}
    return _class(1, "nn.Sequential") + _table(2, **entries)


_HONEST = _model(name=_text("trained with os.time() as its seed"))


def _pair(rule: str, dangerous: bytes, case: str = "", harmless: bytes = _HONEST) -> Golden:
    return Golden(rule, "model.t7", lambda: dangerous, lambda: harmless, case)


_ASCII = "4\n1\n3\nV 1\n13\nnn.Sequential\n3\n2\n1\n2\n3\ncmd\n2\n{size}\n{text}\n"


def _ascii(text: str) -> bytes:
    return _ASCII.format(size=len(text), text=text).encode()


GOLDENS = [
    _pair("torch7.harmful-function", _model(f=_function(20, b"\x1bLJ\x01\x02\x07execute\x04os\x09echo"))),
    _pair("torch7.function", _model(f=_function(20, b"\x1bLuaQ\0\1\4\4\4\x08\0"))),
    _pair("torch7.lua", _model(f=_text("os.execute('echo')"))),
    _pair("torch7.lua", _table(1, f=_text("io['popen']('echo')")), "table", _table(1, f=_text("a"), w=_tensor(5))),
    _pair("torch7.lua", _ascii("os . execute('echo')"), "ascii", _ascii("a text")),
    _pair("torch7.lua", b'T7\0\0torch.FloatTensor local m = require "socket"', "no object at all"),
]
