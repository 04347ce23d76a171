"""Archives that lead out of their folder, grow without end, or look different to each reader."""

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
import zlib

from golden.pairs import Golden

VALUES = (
    b"\x93NUMPY\x01\x00F\x00{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }".ljust(79) + b"\n" + bytes(16)
)
"""A NumPy array of four numbers: what the members hold."""


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    """A zip file as Python writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, data)
        archive.comment = comment
    return buffer.getvalue()


def tarred(*members: tuple[str, bytes], **fields: object) -> bytes:
    """A tar file as Python writes it; `fields` are set on the last member's header."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number, (name, data) in enumerate(members, 1):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if number == len(members):
                for field, value in fields.items():
                    setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def linked(target: str) -> bytes:
    """A tar file with a symbolic link."""
    return tarred(("weights.npy", VALUES), ("latest.npy", b""), type=tarfile.SYMTYPE, linkname=target)


def zip_linked(target: str) -> bytes:
    """A zip file with a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("weights.npy", VALUES)
        info = zipfile.ZipInfo("latest.npy")
        info.create_system = 3
        info.external_attr = 0o120777 << 16
        archive.writestr(info, target)
    return buffer.getvalue()


def written_through() -> bytes:
    """A link, and a member whose path goes through it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("cache")
        info.type, info.linkname = tarfile.SYMTYPE, "models"
        archive.addfile(info)
        info = tarfile.TarInfo("cache/a.npy")
        info.size = len(VALUES)
        archive.addfile(info, io.BytesIO(VALUES))
    return buffer.getvalue()


def overlapping() -> bytes:
    """Two directory entries that lead to the same bytes."""
    data = bytearray(zipped(("a.npy", VALUES), ("b.npy", VALUES)))
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)
    return bytes(data)


def nested(depth: int) -> bytes:
    """A zip file in a zip file in a zip file."""
    data = VALUES
    for level in range(depth):
        data = zipped((f"{level}.zip", data))
    return data


def encrypted() -> bytes:
    """A member whose header says AES."""
    data = bytearray(zipped(("a.npy", VALUES)))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<HH", data, data.index(mark) + at, 1, 99)
    return bytes(data)


def flagged(flags: int) -> bytes:
    """A plain member with flags that make Python's reader refuse it."""
    data = bytearray(zipped(("a.npy", VALUES)))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", data, data.index(mark) + at, flags)
    return bytes(data)


def renamed() -> bytes:
    """The local header names the member otherwise than the directory."""
    return zipped(("data.npy", VALUES)).replace(b"data.npy", b"atad.npy", 1)


def other_method() -> bytes:
    """Deflated by the directory, stored by the local header."""
    data = bytearray(zipped(("a.npy", VALUES), method=zipfile.ZIP_DEFLATED))
    struct.pack_into("<H", data, 8, 0)
    return bytes(data)


def two_directories() -> bytes:
    """Readers that count from the start find one directory, those that count from the end another."""
    one, two = zipped(("a.npy", VALUES)), zipped(("b.npy", VALUES))
    at = one.index(b"PK\x01\x02")
    data = bytearray(one[: one.index(b"PK\x05\x06")] + two)
    struct.pack_into("<I", data, data.rindex(b"PK\x05\x06") + 16, at)
    return bytes(data)


def in_the_comment() -> bytes:
    """A second archive's end record in the comment of the first."""
    inner = zipped(("b.npy", VALUES))
    data = bytearray(zipped(("a.npy", VALUES), comment=inner))
    return bytes(data)


def sized_twice() -> bytes:
    """A tar header and its pax header disagree on the size."""
    inner = tarred(("hidden.npy", VALUES))[:1024]
    pax = b"13 size=1024\n"
    info = tarfile.TarInfo("PaxHeader")
    info.type, info.size = b"x", len(pax)
    plain = tarfile.TarInfo("a.bin")
    plain.size = 512
    return info.tobuf() + pax.ljust(512, b"\0") + plain.tobuf() + inner + bytes(1024)


def hidden() -> bytes:
    """A local entry between the members and the directory, which does not name it."""
    one = zipped(("a.npy", VALUES))
    local = zipped(("hidden.npy", VALUES))
    local = local[: local.index(b"PK\x01\x02")]
    at, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    tail = bytearray(one[end:])
    struct.pack_into("<I", tail, 16, at + len(local))
    return one[:at] + local + one[at:end] + bytes(tail)


def twice() -> bytes:
    """Two members of one name."""
    data = zipped(("data.npy", VALUES), ("dat2.npy", VALUES[:-1] + b"\1"))
    return data.replace(b"dat2.npy", b"data.npy")


def wrong_checksum() -> bytes:
    """The checksum in both headers is of other bytes."""
    right = zlib.crc32(VALUES).to_bytes(4, "little")
    return zipped(("a.npy", VALUES)).replace(right, b"\1\2\3\4")


def _plain_zip() -> bytes:
    return zipped(("model/weights.npy", VALUES), method=zipfile.ZIP_DEFLATED)


def _plain_tar() -> bytes:
    return tarred(("model/weights.npy", VALUES))


def _values(size: int) -> bytes:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size},), }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00v\x00" + header + bytes(size)


_BOMB = 48 << 20

GOLDENS = [
    Golden(
        "archive.traversal",
        "m.zip",
        lambda: zipped(("../../.bashrc", VALUES)),
        _plain_zip,
        techniques=("C13",),
    ),
    Golden(
        "archive.traversal",
        "m.zip",
        lambda: zipped(("a/..\\..\\start.npy", VALUES)),
        lambda: zipped(("a/../start.npy", VALUES)),
        case="backslashes",
        techniques=("C13",),
    ),
    Golden(
        "archive.traversal",
        "m.tar",
        lambda: tarred(("/etc/cron.d/echo", VALUES)),
        _plain_tar,
        case="absolute",
        techniques=("C13",),
    ),
    Golden(
        "archive.traversal",
        "m.tar",
        lambda: tarred(("C:\\start.npy", VALUES)),
        lambda: tarred(("C/start.npy", VALUES)),
        case="drive",
        techniques=("C13",),
    ),
    Golden(
        "archive.link",
        "m.tar",
        lambda: linked("/etc/passwd"),
        lambda: linked("weights.npy"),
        case="absolute",
        techniques=("C13",),
    ),
    Golden(
        "archive.link",
        "m.tar",
        lambda: tarred(("a/b", b""), type=tarfile.LNKTYPE, linkname="../../key"),
        lambda: tarred(("a/c", VALUES), ("a/b", b""), type=tarfile.LNKTYPE, linkname="a/c"),
        case="hard",
        techniques=("C13",),
    ),
    Golden(
        "archive.link",
        "m.zip",
        lambda: zip_linked("../../key"),
        lambda: zip_linked("weights.npy"),
        case="zip",
        techniques=("C13",),
    ),
    Golden(
        "archive.link",
        "m.tar",
        written_through,
        lambda: linked("./weights.npy"),
        case="written-through",
        techniques=("C13",),
    ),
    Golden(
        "archive.device",
        "m.tar",
        lambda: tarred(("disk", b""), type=tarfile.BLKTYPE),
        _plain_tar,
        techniques=("C13",),
    ),
    Golden(
        "archive.deceptive-name",
        "m.zip",
        lambda: zipped(("weights\u202eyp.npy", VALUES)),
        lambda: zipped(("gewichte-größe.npy", VALUES)),
        techniques=("C13",),
    ),
    Golden(
        "archive.bomb",
        "m.gz",
        lambda: gzip.compress(b"A" * _BOMB),
        lambda: gzip.compress(_values(_BOMB)),
        case="gzip",
        techniques=("C14",),
    ),
    Golden(
        "archive.bomb",
        "m.zip",
        lambda: zipped(("data.bin", bytes(_BOMB)), method=zipfile.ZIP_DEFLATED),
        lambda: zipped(("mask.npy", _values(_BOMB)), method=zipfile.ZIP_DEFLATED),
        case="zip",
        techniques=("C14",),
    ),
    Golden(
        "archive.bomb",
        "m.bz2",
        lambda: bz2.compress(b"echo" * (_BOMB // 4)),
        lambda: bz2.compress(VALUES),
        case="bzip2",
        techniques=("C14",),
    ),
    Golden(
        "archive.bomb",
        "m.xz",
        lambda: lzma.compress(bytes(_BOMB)),
        lambda: lzma.compress(VALUES),
        case="xz",
        techniques=("C14",),
    ),
    Golden("archive.overlap", "m.zip", overlapping, _plain_zip, techniques=("C14",)),
    Golden("archive.depth", "m.zip", lambda: nested(20), lambda: nested(3), techniques=("C14",)),
    Golden("archive.encrypted", "m.zip", encrypted, _plain_zip, techniques=("C12",)),
    Golden("archive.two-readings", "m.zip", renamed, _plain_zip, case="name", techniques=("C01",)),
    Golden("archive.two-readings", "m.zip", other_method, _plain_zip, case="method", techniques=("C01",)),
    Golden(
        "archive.two-readings",
        "m.zip",
        two_directories,
        lambda: bytes(32) + zipped(("a.npy", VALUES)) + zipped(("b.npy", VALUES)),
        case="directories",
        techniques=("C01",),
    ),
    Golden(
        "archive.two-readings",
        "m.zip",
        in_the_comment,
        lambda: zipped(("inner.zip", zipped(("a.npy", VALUES))), comment=b"made by hand"),
        case="comment",
        techniques=("C01",),
    ),
    Golden("archive.two-readings", "m.tar", sized_twice, _plain_tar, case="tar", techniques=("C12",)),
    Golden("archive.flags", "m.zip", lambda: flagged(0x1), _plain_zip, case="encrypted", techniques=("C01",)),
    Golden("archive.flags", "m.zip", lambda: flagged(0x20), _plain_zip, case="patched", techniques=("C01",)),
    Golden("archive.checksum", "m.zip", wrong_checksum, _plain_zip, techniques=("C01",)),
    Golden("archive.hidden-member", "m.zip", hidden, _plain_zip, techniques=("C03",)),
    Golden("archive.repeated-name", "m.zip", twice, _plain_zip, techniques=("C03",)),
]


def _lz4() -> bytes:
    import lz4.frame

    return lz4.frame.compress(VALUES)  # type: ignore[no-any-return]


FORMATS_SEEN = {
    "a.npy.gz": lambda: gzip.compress(VALUES) + gzip.compress(b""),
    "a.npy.bz2": lambda: bz2.compress(VALUES) + bz2.compress(b""),
    "a.npy.xz": lambda: lzma.compress(VALUES) + lzma.compress(b""),
    "a.npy.lzma": lambda: lzma.compress(VALUES, lzma.FORMAT_ALONE),
    "a.npy.zlib": lambda: zlib.compress(VALUES),
    "old-joblib.pkl": lambda: b"ZF" + hex(len(VALUES)).ljust(19).encode() + zlib.compress(VALUES),
    "a.npy.lz4": _lz4,
    "lzma.zip": lambda: zipped(("a.npy", VALUES), method=zipfile.ZIP_LZMA),
    "bzip2.zip": lambda: zipped(("a.npy", VALUES), method=zipfile.ZIP_BZIP2),
    "broken.gz": lambda: gzip.compress(random.Random(1).randbytes(1000))[:-300],
}
