"""7z archives, written by hand with nothing packed."""

import struct

from golden.golden_archive import VALUES
from golden.pairs import Golden


def sevenzip(*members: tuple[str, bytes], method: bytes = b"\0") -> bytes:
    """A 7z archive of less than 128 bytes of members, each name shorter than that."""
    packed = b"".join(data for _, data in members)
    sizes = b"".join(bytes([len(data)]) for _, data in members[:-1])
    names = b"\0" + b"".join(name.encode("utf-16-le") + b"\0\0" for name, _ in members)
    folder = b"\x01" + bytes([len(method)]) + method
    unpack = b"\x07\x0b\x01\x00" + folder + b"\x0c" + _number(len(packed)) + b"\x00"
    sub = b"\x08\x0d" + bytes([len(members)]) + (b"\x09" + sizes if sizes else b"") + b"\x00"
    streams = b"\x04\x06\x00\x01\x09" + _number(len(packed)) + b"\x00" + unpack + sub + b"\x00"
    files = b"\x05" + bytes([len(members)]) + b"\x11" + _number(len(names)) + names + b"\x00"
    header = b"\x01" + streams + files + b"\x00"
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<IQQI", 0, len(packed), len(header), 0) + packed + header


def _number(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([0x80 | value >> 8, value & 0xFF])


GOLDENS = [
    Golden(
        "archive.traversal",
        "m.7z",
        lambda: sevenzip(("../../a.npy", VALUES)),
        lambda: sevenzip(("m/a.npy", VALUES), ("b.npy", VALUES)),
        case="7z",
        techniques=("C12", "C13"),
    ),
    Golden(
        "archive.encrypted",
        "m.7z",
        lambda: sevenzip(("a.npy", VALUES), method=b"\x06\xf1\x07\x01"),
        lambda: sevenzip(("a.npy", VALUES)),
        case="7z",
        techniques=("C12",),
    ),
]
