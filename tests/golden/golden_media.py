"""Pictures, sounds and documents that carry something else."""

import struct
import zlib

from golden.golden_archive import VALUES, zipped
from golden.golden_executable import elf
from golden.pairs import Golden


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A picture of one pixel."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        *chunks,
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg() -> bytes:
    """The markers of a photograph, without one."""
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\1\1\0\0\x3f\0" + b"\x12\xff\0\x34"
    return b"\xff\xd8" + app + scan + b"\xff\xd9"


def gif() -> bytes:
    """A picture of one pixel."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0)
        + bytes(6)
        + b"\x21\xf9\x04"
        + bytes(4)
        + b"\0"
        + frame
        + b"\x3b"
    )


def riff(kind: bytes = b"WAVE") -> bytes:
    """A sound without any."""
    body = kind + b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", 0)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp() -> bytes:
    """A picture of one pixel."""
    return (
        b"BM"
        + struct.pack("<IHHI", 58, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
        + bytes(4)
    )


def pdf(action: str = "") -> bytes:
    """A document without pages."""
    return f"%PDF-1.7\n1 0 obj\n<< /Type /Catalog {action} >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n".encode()


GOLDENS = [
    Golden("executable.in-model", "a.png", lambda: png() + elf(), png, case="png", techniques=("C15", "C16")),
    Golden("executable.in-model", "a.jpg", lambda: jpeg() + elf(), jpeg, case="jpeg", techniques=("C15", "C16")),
    Golden("executable.in-model", "a.gif", lambda: gif() + elf(), gif, case="gif", techniques=("C15", "C16")),
    Golden("executable.in-model", "a.wav", lambda: riff() + elf(), riff, case="wav", techniques=("C15", "C16")),
    Golden("executable.in-model", "a.bmp", lambda: bmp() + elf(), bmp, case="bmp", techniques=("C15", "C16")),
    Golden(
        "archive.traversal",
        "a.png",
        lambda: png() + zipped(("../../a.npy", VALUES)),
        lambda: png() + zipped(("a.npy", VALUES)),
        case="png",
        techniques=("C15",),
    ),
    Golden(
        "media.pdf-action",
        "card.pdf",
        lambda: pdf("/OpenAction << /S /JavaScript /JS (app.alert\\('echo'\\)) >>"),
        pdf,
        techniques=("C15",),
    ),
    Golden(
        "media.pdf-action",
        "card.pdf",
        lambda: pdf("/Open#41ction << /S /Laun#63h /F (echo) >>"),
        lambda: pdf("/PageLayout /OneColumn"),
        case="escaped",
        techniques=("C15",),
    ),
]


def _mp4() -> bytes:
    return struct.pack(">I", 20) + b"ftypisom" + bytes(8) + struct.pack(">I", 8) + b"mdat"


FORMATS_SEEN = {
    "a.webp": lambda: riff(b"WEBP"),
    "a.flac": lambda: b"fLaC" + bytes(40),
    "a.ogg": lambda: b"OggS" + bytes(40),
    "a.mp3": lambda: b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"\xff\xfb\x90\0" + bytes(413),
    "a.mp4": _mp4,
    "a.ico": lambda: struct.pack("<HHHBBBBHHII", 0, 1, 1, 1, 1, 0, 0, 1, 32, 4, 22) + bytes(4),
    "a.ttf": lambda: (
        b"\0\1\0\0" + struct.pack(">HHHH", 1, 16, 0, 0) + b"head" + struct.pack(">III", 0, 28, 4) + bytes(4)
    ),
    "a.woff2": lambda: b"wOF2" + bytes(60),
}
