"""The records of a zip file (APPNOTE 6.3.10): end records, directory entries, local headers."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.source import Source
from entrepot.scan.zip.recognize import END, END_SIZE, ENTRY, LOCAL

DESCRIPTOR = b"PK\x07\x08"
LOCAL_SIZE = 30
ENTRY_SIZE = 46
_LOCATOR = b"PK\x06\x07"
_END64 = b"PK\x06\x06"
_FULL = 0xFFFFFFFF
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Directory:
    """Where an end record says that the directory stands, counted from where the archive begins."""

    offset: int
    size: int
    count: int


@dataclass(frozen=True, slots=True)
class End:
    """An end record: its place, its end, and what it says of the directory; `zip64` is what the larger record says."""

    at: int
    stop: int
    directory: Directory
    zip64: Directory | None = None
    before: int = 0
    """Where the first of the end records begins, which is where the directory should end."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory, or a local header, says of one member. `local` is where its local header stands."""

    name: str
    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    local: int = 0
    mode: int = 0
    """The Unix file mode; 0 where none was written."""
    alias: str = ""
    """Another name, which readers that know the Unicode path field take."""
    aes: bool = False
    header: int = LOCAL_SIZE
    """Bytes of a local header with its name and fields."""


def end_at(source: Source, at: int) -> End | None:
    """The end record that stands there; None where none does."""
    data = source.read(at, END_SIZE)
    if len(data) < END_SIZE or data[:4] != END:
        return None
    count, size, offset, comment = struct.unpack_from("<HIIH", data, 10)
    directory = Directory(offset, size, count)
    locator = source.read(at - 20, 20) if at >= 20 else b""
    stop = at + END_SIZE + comment
    if locator[:4] != _LOCATOR:
        return End(at, stop, directory, None, at)
    place = struct.unpack_from("<Q", locator, 8)[0]
    for where in (place, at - 20 - 56):  # leading bytes shift what the locator says
        data = source.read(where, 56) if 0 <= where < at else b""
        if data[:4] == _END64 and len(data) == 56:
            count, size, offset = struct.unpack_from("<QQQ", data, 32)
            return End(at, stop, directory, Directory(offset, size, count), where)
    return End(at, stop, directory, None, at - 20)


def entries(data: bytes) -> Iterator[tuple[Entry, int]]:
    """The entries of a directory, each with its place; ends at the first bytes that are none."""
    at = 0
    while data[at : at + 4] == ENTRY and len(data) - at >= ENTRY_SIZE:
        fields = struct.unpack_from("<HHHHHHIIIHHHHHII", data, at + 4)
        made, _, flags, method, _, _, crc, packed, size, name, extra, comment, _, _, external, local = fields
        begin = at + ENTRY_SIZE
        raw = data[begin : begin + name]
        more = data[begin + name : begin + name + extra]
        size, packed, local = _wide(more, (size, packed, local))
        mode = external >> 16 if made >> 8 == _UNIX else 0
        alias, aes = _unicode_path(more), b"\x01\x99" in more and 0x9901 in _extras(more)
        yield Entry(_text(raw), raw, flags, method, crc, packed, size, local, mode, alias, aes), at
        at = begin + name + extra + comment


def local_at(source: Source, at: int, name: int = 0) -> Entry | None:
    """The local header that stands there; `name` is how long its name will be, if that is known."""
    data = source.read(at, LOCAL_SIZE + name)
    if len(data) < LOCAL_SIZE or data[:4] != LOCAL:
        return None
    _, flags, method, _, _, crc, packed, size, length, extra = struct.unpack_from("<HHHHHIIIHH", data, 4)
    raw = data[LOCAL_SIZE : LOCAL_SIZE + length]
    if len(raw) < length:
        raw = source.read(at + LOCAL_SIZE, length)
    if _FULL in (packed, size):
        size, packed, _ = _wide(source.read(at + LOCAL_SIZE + length, extra), (size, packed, 0))
    return Entry(_text(raw), raw, flags, method, crc, packed, size, at, header=LOCAL_SIZE + length + extra)


def _extras(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        found.setdefault(kind, data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _wide(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Size, packed size and place, where they stand in the zip64 field."""
    if _FULL not in values:
        return values
    field = _extras(extra).get(1, b"")
    wide = list(values)
    at = 0
    for index, value in enumerate(values):
        if value == _FULL and at + 8 <= len(field):
            wide[index] = struct.unpack_from("<Q", field, at)[0]
            at += 8
    return wide[0], wide[1], wide[2]


def _unicode_path(extra: bytes) -> str:
    if b"\x75\x70" not in extra:
        return ""
    return _extras(extra).get(0x7075, b"")[5:].decode("utf-8", "replace")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")
