"""The oldest archives, `ar` and `cpio`, tar files with holes, and TIFF pictures: what stands in them, and between."""

import io
import os
import pickle
import struct
import tarfile
import zlib

from golden.pairs import Golden


class _Echo:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo hi",)


_BAD = pickle.dumps({"model": _Echo()}, 2)
_GOOD = pickle.dumps({"model": [1.0] * 50}, 2)
_DEVICE, _LINK, _FILE = 0o020644, 0o120777, 0o100644


def ar_entry(name: str, data: bytes, mode: int = _FILE) -> bytes:
    """A header of `ar`, the member's bytes, and what makes their number even."""
    head = f"{name:<16}{0:<12}{0:<6}{0:<6}{mode:<8o}{len(data):<10}`\n".encode()
    return head + data + b"\n" * (len(data) % 2)


def _ar(data: bytes, name: str = "model.pkl/") -> bytes:
    return b"!<arch>\n" + ar_entry(name, data)


def _ar_gnu(data: bytes, name: str = "a-name-that-is-longer-than-its-field.pkl") -> bytes:
    table = ar_entry("//", f"other-name-of-many-letters.txt/\n{name}/\n".encode())
    return b"!<arch>\n" + ar_entry("/", b"\0\0\0\0") + table + ar_entry("/32", data)


def _ar_bsd(data: bytes, name: str = "a name with spaces.pkl") -> bytes:
    padded = name.encode() + bytes(-len(name) % 4)
    return b"!<arch>\n" + ar_entry(f"#1/{len(padded)}", padded + data)


def cpio_new(name: str, data: bytes, mode: int = _FILE) -> bytes:
    """A member with a header of hexadecimal digits."""
    fields = (1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % one for one in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def _cpio(data: bytes, name: str = "model.pkl", mode: int = _FILE) -> bytes:
    return cpio_new(name, data, mode) + cpio_new("TRAILER!!!", b"", 0)


def _cpio_octal(data: bytes) -> bytes:
    def entry(name: str, data: bytes) -> bytes:
        head = b"070707" + b"%06o" * 7 % (1, 1, _FILE, 0, 0, 1, 0) + b"%011o%06o%011o" % (0, len(name) + 1, len(data))
        return head + name.encode() + b"\0" + data

    return entry("model.pkl", data) + entry("TRAILER!!!", b"")


def _cpio_binary(data: bytes, order: str = "<") -> bytes:
    def entry(name: str, data: bytes) -> bytes:
        sizes = (len(name) + 1, len(data) >> 16, len(data) & 0xFFFF)
        head = struct.pack(f"{order}13H", 0o070707, 1, 1, _FILE, 0, 0, 1, 0, 0, 0, *sizes) + name.encode() + b"\0"
        return head + bytes(len(head) % 2) + data + bytes(len(data) % 2)

    return entry("model.pkl", data) + entry("TRAILER!!!", b"")


_LONG = pickle.dumps({"text": "words of a long text\n" * 2_000}, 2)
_LONG_BAD = pickle.dumps({"text": "words of a long text\n" * 2_000, "model": _Echo()}, 2)
_CUT = 20
_HOLE = 4096


def _tar(kind: bytes, stored: bytes, header: bytes = b"", pax: dict[str, str] | None = None) -> bytes:
    """A tar file of one member of that kind; `header` replaces the end of its header."""
    info = tarfile.TarInfo("model.pkl")
    info.type, info.size, info.pax_headers = kind, len(stored), pax or {}
    out = bytearray(info.tobuf(tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT))
    if header:
        out[386 : 386 + len(header)] = header
        out[148:156] = b" " * 8
        out[148:156] = b"%06o\0 " % sum(out)
    return bytes(out) + stored + bytes(-len(stored) % 512) + bytes(1024)


def _pieces(data: bytes) -> list[tuple[int, int]]:
    """A pickle that is cut in two: its beginning, and the rest right behind it, as pieces of a file."""
    return [(0, _CUT), (_CUT, len(data) - _CUT), (len(data) + _HOLE, 0)]


def _holes_old(data: bytes) -> bytes:
    numbers = b"".join(b"%011o\0" % one for piece in _pieces(data) for one in piece)
    return _tar(b"S", data, numbers.ljust(97, b"\0") + b"%011o\0" % (len(data) + _HOLE))


def _holes_in_names(data: bytes) -> bytes:
    numbers = ",".join(str(one) for piece in _pieces(data) for one in piece)
    pax = {"GNU.sparse.map": numbers, "GNU.sparse.size": str(len(data) + _HOLE), "GNU.sparse.name": "model.pkl"}
    return _tar(b"0", data, pax=pax)


def _holes_before_bytes(data: bytes, gap: int = 0) -> bytes:
    pieces = [(gap, len(data)), (gap + len(data) + _HOLE, 0)]
    lines = [str(len(pieces)), *(str(one) for piece in pieces for one in piece)]
    text = "".join(f"{line}\n" for line in lines).encode()
    pax = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(gap + len(data) + _HOLE)}
    return _tar(b"0", text + bytes(-len(text) % 512) + data, pax=pax)


def tiff(gap: bytes = b"", after: bytes = b"", order: str = "<", text: bytes = b"drawn with a pen\0") -> bytes:
    """A picture of 8 x 8 points with something between its parts, and something behind them."""
    pixels, start = bytes(range(64)), 8
    strip = start + len(gap)
    at = strip + 64 + len(text) + (strip + 64 + len(text)) % 2
    fields = (
        (256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (270, 2, len(text), strip + 64), (273, 4, 1, strip), (277, 3, 1, 1), (278, 3, 1, 8), (279, 4, 1, 64),
    )  # fmt: skip
    out = io.BytesIO()
    out.write((b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, at) + gap + pixels + text)
    out.write(bytes(at - out.tell()) + struct.pack(f"{order}H", len(fields)))
    for tag, kind, count, value in fields:
        short = kind == 3
        out.write(
            struct.pack(f"{order}HHI", tag, kind, count)
            + struct.pack(f"{order}{'HH' if short else 'I'}", *((value, 0) if short else (value,)))
        )
    out.write(bytes(4) + after)
    return out.getvalue()


def cabinet(data: bytes, name: str = "model.pkl", method: int = 1) -> bytes:
    """A cabinet of one folder with one file, stored or deflated in blocks."""
    blocks, before = b"", b""
    pieces = [data[at : at + 32768] for at in range(0, len(data), 32768)]
    for piece in pieces:
        packed = piece
        if method:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before) if before else zlib.compressobj(wbits=-15)
            packed = b"CK" + deflate.compress(piece) + deflate.flush()
        blocks += struct.pack("<IHH", 0, len(packed), len(piece)) + packed
        before = piece
    file = struct.pack("<IIHHHH", len(data), 0, 0, 33, 0, 32) + name.encode() + b"\0"
    at = 36 + 8 + len(file)
    folder = struct.pack("<IHH", at, len(pieces), method)
    counts = (0, 44, 0, 3, 1, 1, 1, 0, 1, 0)
    return b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, at + len(blocks), *counts) + folder + file + blocks


def _pair(case: str, name: str, dangerous: bytes, harmless: bytes, technique: str = "C12") -> Golden:
    return Golden("pickle.call.process", name, lambda: dangerous, lambda: harmless, case, (technique,))


GOLDENS = [
    _pair("ar", "m.ar", _ar(_BAD), _ar(_GOOD)),
    _pair("ar, behind the last", "m.ar", _ar(_GOOD) + _BAD, _ar(_GOOD)),
    _pair("ar, GNU", "m.a", _ar_gnu(_BAD), _ar_gnu(_GOOD)),
    _pair("ar, BSD", "m.bin", _ar_bsd(_BAD), _ar_bsd(_GOOD)),
    _pair("cpio", "m.cpio", _cpio(_BAD), _cpio(_GOOD)),
    _pair("cpio, behind the last", "m.cpio", _cpio(_GOOD) + bytes(512) + _BAD, _cpio(_GOOD) + bytes(512)),
    _pair("cpio, octal", "m.cpio", _cpio_octal(_BAD), _cpio_octal(_GOOD)),
    _pair("cpio, binary", "m.bin", _cpio_binary(_BAD), _cpio_binary(_GOOD)),
    _pair("cpio, binary, big", "m.bin", _cpio_binary(_BAD, ">"), _cpio_binary(_GOOD, ">")),
    _pair("cab, stored", "m.cab", cabinet(_BAD, method=0), cabinet(_GOOD, method=0)),
    _pair("cab, deflated", "m.cab", cabinet(_BAD), cabinet(_GOOD)),
    _pair("cab, of two blocks", "m.bin", cabinet(_LONG_BAD), cabinet(_LONG)),
    _pair("tar with holes, old", "m.tar", _holes_old(_BAD), _holes_old(_GOOD)),
    _pair("tar with holes, by name", "m.tar", _holes_in_names(_BAD), _holes_in_names(_GOOD)),
    _pair("tar with holes, before bytes", "m.tar", _holes_before_bytes(_BAD), _holes_before_bytes(_GOOD)),
    _pair("tiff, between", "m.tiff", tiff(_BAD), tiff(), "C15"),
    _pair("tiff, behind", "m.tif", tiff(after=_BAD, order=">"), tiff(order=">"), "C15"),
    _pair("tiff, as text", "m.tif", tiff(text=_BAD), tiff(), "C15"),
    *(
        Golden(
            "archive.traversal",
            f"m.{case.split()[0]}",
            lambda build=build, name=name: build(_GOOD, name),
            lambda build=build: build(_GOOD, "model.pkl"),
            case,
            ("C13",),
        )
        for case, build, name in (
            ("ar, GNU", _ar_gnu, "../../../home/user/start.pkl"),
            ("ar, BSD", _ar_bsd, "/etc/start"),
            ("cpio", _cpio, "../start.pkl"),
            ("cab", cabinet, "..\\..\\start.pkl"),
        )
    ),
    Golden(
        "archive.link",
        "m.cpio",
        lambda: _cpio(b"/etc/passwd", "weights.bin", _LINK),
        lambda: _cpio(b"weights-2.bin", "weights.bin", _LINK),
        "cpio",
        ("C13",),
    ),
    Golden(
        "archive.device",
        "m.cpio",
        lambda: _cpio(b"", "disk", _DEVICE),
        lambda: _cpio(_GOOD, "disk"),
        "cpio",
        ("C13",),
    ),
]
