"""Safetensors files that break their specification."""

import json

from golden.pairs import Golden


def tensors(header: object, values: bytes = b"", more: bytes = b"") -> bytes:
    """A safetensors file with that header; a string is taken as it is."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return len(text).to_bytes(8, "little") + text + values + more


def _one(dtype: str = "F32", shape: tuple[int, ...] = (2, 2), offsets: tuple[int, int] = (0, 16)) -> dict[str, object]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def _honest() -> bytes:
    header = {"w": _one(), "b": _one("BF16", (4,), (16, 24)), "empty": _one("I64", (0, 3), (24, 24))}
    return tensors(header, bytes(24)).replace(b"}}", b"}}", 1)


def _pair(first: tuple[int, int], second: tuple[int, int], size: int = 48) -> bytes:
    return tensors({"a": _one(offsets=first), "b": _one(offsets=second)}, bytes(size))


NAME = "model.safetensors"

GOLDENS = [
    Golden("safetensors.header-invalid", NAME, lambda: tensors('{"w": [1, 2'), _honest, techniques=("F18",)),
    Golden(
        "safetensors.header-invalid",
        NAME,
        lambda: (1 << 40).to_bytes(8, "little") + b'{"w":{}}',
        _honest,
        case="length",
        techniques=("F18",),
    ),
    Golden(
        "safetensors.header-invalid",
        NAME,
        lambda: tensors({"__metadata__": {"a": {"b": 1}}, "w": _one()}, bytes(16)),
        lambda: tensors({"__metadata__": {"format": "pt"}, "w": _one()}, bytes(16)),
        case="metadata",
        techniques=("F18",),
    ),
    Golden(
        "safetensors.repeated-name",
        NAME,
        lambda: tensors('{"w":%s,"w":%s}' % ((json.dumps(_one()),) * 2), bytes(16)),
        _honest,
        techniques=("F18",),
    ),
    Golden(
        "safetensors.bounds",
        NAME,
        lambda: tensors({"w": _one(offsets=(0, 1 << 40), shape=(1 << 19, 1 << 19))}, bytes(16)),
        _honest,
        techniques=("F18",),
    ),
    Golden("safetensors.overlap", NAME, lambda: _pair((0, 16), (8, 24), 24), _honest, techniques=("F18",)),
    Golden(
        "safetensors.overlap",
        NAME,
        lambda: _pair((0, 16), (32, 48)),
        lambda: _pair((0, 16), (16, 32), 32),
        case="hole",
        techniques=("F18",),
    ),
    Golden(
        "safetensors.shape-mismatch",
        NAME,
        lambda: tensors({"w": _one(shape=(1000, 1000))}, bytes(16)),
        _honest,
        techniques=("F18",),
    ),
    Golden(
        "safetensors.active-content",
        NAME,
        lambda: tensors({"__metadata__": {"about": "<script>alert('echo')</script>"}, "w": _one()}, bytes(16)),
        lambda: tensors({"__metadata__": {"about": "a model for scripts, a < b > c"}, "w": _one()}, bytes(16)),
    ),
    Golden(
        "safetensors.trailing",
        NAME,
        lambda: tensors({"w": _one()}, bytes(16), b"\x80\x04cos\nsystem\n(S'echo'\ntR."),
        _honest,
        techniques=("F18",),
    ),
]

FORMATS_SEEN = {
    "small-types.safetensors": lambda: tensors(
        {"w": _one("F4", (4, 4), (0, 8)), "s": _one("F8_E8M0", (8,), (8, 16))}, bytes(16)
    ),
}
