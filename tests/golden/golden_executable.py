"""Programs where weights should be, and beside them."""

import struct

from golden.golden_archive import VALUES, zipped
from golden.golden_numpy import array
from golden.golden_safetensors import tensors
from golden.pairs import Golden


def elf(kind: int = 2) -> bytes:
    """The headers of a program for Linux, and no code."""
    return struct.pack(
        "<4s5B7xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, kind, 62, 1, 0x400078, 64, 0, 0, 64, 56, 0, 64, 0, 0
    )


def windows() -> bytes:
    """The headers of a program for Windows, and no code."""
    return b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HH", 0x8664, 0) + bytes(16)


def macos() -> bytes:
    """The header of a program for macOS, and no code."""
    return struct.pack("<IIIIIII", 0xFEEDFACF, 0x01000007, 3, 2, 0, 0, 0) + bytes(8)


def _float_tensors(first: bytes) -> bytes:
    entry = {"dtype": "U8", "shape": [len(first)], "data_offsets": [0, len(first)]}
    return tensors({"w": entry}, first)


GOLDENS = [
    Golden(
        "executable.in-model", "pytorch_model.bin", elf, lambda: array("'<f4'", "(4,)", bytes(16)), techniques=("C16",)
    ),
    Golden(
        "executable.in-model",
        "model.onnx",
        windows,
        lambda: VALUES,
        case="windows",
        techniques=("C16",),
        harmless_name="a.npy",
    ),
    Golden("executable.in-model", "weights", macos, lambda: VALUES, case="macos", techniques=("C16",)),
    Golden(
        "executable.in-model",
        "model.safetensors",
        lambda: _float_tensors(elf(3)),
        lambda: _float_tensors(b"\x7fEL" + bytes(61)),
        case="tensor",
        techniques=("C16",),
    ),
    Golden(
        "executable.in-model",
        "model.zip",
        lambda: zipped(("data/0", windows())),
        lambda: zipped(("data/0.npy", VALUES)),
        case="member",
        techniques=("C16",),
    ),
    Golden(
        "executable.in-model",
        "model.bin",
        lambda: b"#!/bin/sh\necho hello\n",
        lambda: b"#!/bin/sh\necho hello\n",
        case="script",
        techniques=("C16",),
        harmless_name="run.sh",
    ),
    Golden(
        "executable.native",
        "model.zip",
        lambda: zipped(("a.npy", VALUES), ("ops.so", elf(3))),
        lambda: zipped(("a.npy", VALUES)),
        techniques=("C16",),
    ),
    Golden(
        "executable.commands",
        "m.rknn",
        lambda: b"RKNN\1\0\0\0description=os.system('echo')\n",
        lambda: VALUES,
        techniques=("C16",),
        harmless_name="a.npy",
    ),
    Golden(
        "executable.native",
        "m.engine",
        lambda: b"ptrt" + bytes(100) + elf(),
        lambda: VALUES,
        case="engine",
        techniques=("C16",),
        harmless_name="a.npy",
    ),
    Golden(
        "executable.script-inside",
        "m.npz",
        lambda: zipped(("a.npy", VALUES), ("run.sh", b"#!/bin/sh\necho hello\n")),
        lambda: zipped(("a.npy", VALUES), ("b.npy", VALUES)),
        techniques=("C16",),
    ),
    Golden(
        "executable.portable",
        "model.llamafile",
        lambda: b"MZqFpD='\n" + bytes(512) + b"'\necho\n" + zipped(("a.npy", VALUES)),
        lambda: zipped(("a.npy", VALUES)),
        techniques=("C16",),
        harmless_name="model.zip",
    ),
]

FORMATS_SEEN = {
    "A.class": lambda: b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(8),
    "a.wasm": lambda: b"\0asm\1\0\0\0",
    "a.lnk": lambda: bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(40),
}
