"""MessagePack with pickles, with commands, and with counts that nothing can hold."""

import pickle

from golden.pairs import Golden


def _text(value: str) -> bytes:
    raw = value.encode()
    return (bytes([0xA0 | len(raw)]) if len(raw) < 32 else b"\xd9" + bytes([len(raw)])) + raw


def _bytes(value: bytes) -> bytes:
    return b"\xc6" + len(value).to_bytes(4, "big") + value


def _map(**entries: bytes) -> bytes:
    return bytes([0x80 | len(entries)]) + b"".join(_text(key) + value for key, value in entries.items())


def _array(values: bytes) -> bytes:
    """As Flax writes arrays: an extension that holds shape, type and bytes."""
    inner = b"\x93\x92\x02\x03" + _text("float32") + _bytes(values)
    return b"\xc9" + len(inner).to_bytes(4, "big") + b"\x01" + inner


def _objects(data: bytes, kind: bytes = b"O") -> bytes:
    """As msgpack-numpy writes them: all keys are byte strings."""
    entries = {
        b"nd": b"\xc3",
        b"type": _bytes(b"|O"),
        b"kind": _bytes(kind),
        b"shape": b"\x91\x01",
        b"data": _bytes(data),
    }
    return bytes([0x80 | len(entries)]) + b"".join(_bytes(key) + value for key, value in entries.items())


_VALUES = bytes(range(24))
_HONEST = _map(
    params=_map(kernel=_array(_VALUES), bias=_array(_VALUES)), step=b"\x05", name=_text("evaluation of a net")
)
_CALL = b"cos\nsystem\n(S'echo hello'\ntR."


def _pair(rule: str, dangerous: bytes, case: str = "", harmless: bytes = _HONEST) -> Golden:
    return Golden(rule, "flax_model.msgpack", lambda: dangerous, lambda: harmless, case, techniques=("F17",))


GOLDENS = [
    _pair("msgpack.bomb", _map(params=b"\xdd\xff\xff\xff\xff")),
    _pair("msgpack.bomb", _map(params=b"\xc6\xff\xff\xff\xff")[:-1] + b"\xff", "bytes"),
    _pair("msgpack.bomb", _map(params=b"\x91" * 600 + b"\x01"), "nested", _map(params=b"\x91" * 60 + b"\x01")),
    _pair(
        "pickle.call.process",
        _map(a=_objects(_CALL)),
        "object array",
        _map(a=_objects(pickle.dumps([1, "a"])), params=_map(kernel=_array(_VALUES))),
    ),
    _pair("pickle.call.process", _map(a=_bytes(_CALL)), "bytes"),
    _pair("pickle.call.process", _HONEST + _CALL, "trailing"),
    _pair("embedded.commands", _map(params=_map(w=b"\x01"), hook=_text("__import__('os').system('echo')"))),
    _pair("embedded.commands", _map(params=b"\x01", f=_text("os.system")), "name"),
]
