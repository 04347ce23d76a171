"""Windows cabinets: folders of packed blocks, of which those stored or packed by deflate are opened."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.cursor import Cursor
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source, Unpacked, Window

_MAGIC = b"MSCF\0\0\0\0"
_BEFORE, _AFTER, _RESERVED = 1, 2, 4
_STORED, _DEFLATED = 0, 1
_METHODS = {2: "Quantum", 3: "LZX"}
_CONTINUED = 0xFFFD
"""Numbers of folders from which on a file goes on in another cabinet."""
_BLOCK = 32 << 10
_MAX_NAME = 1024


@dataclass(frozen=True, slots=True)
class _Folder:
    at: int
    blocks: int
    method: int


def _recognize(sample: Sample) -> bool:
    return sample.head[:8] == _MAGIC and not sample.opaque


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.archive import check_path, rest

    source = sample.source
    cursor = Cursor(source, budget, 8)
    size = cursor.unsigned(4)
    cursor.skip(4)
    files_at = cursor.unsigned(4)
    cursor.skip(6)
    folders, files, flags = cursor.unsigned(2), cursor.unsigned(2), cursor.unsigned(2)
    cursor.skip(4)
    known, reserved = _folders(cursor, folders, flags)
    streams = [Unpacked(_blocks(source, one, reserved, budget)) for one in known]
    cursor = Cursor(source, budget, files_at)
    for _ in range(files):
        budget.spend_values()
        at = cursor.at
        length, offset, folder = cursor.unsigned(4), cursor.unsigned(4), cursor.unsigned(2)
        cursor.skip(6)
        name = _name(cursor)
        yield from check_path(name, at)
        if folder >= len(streams):
            yield Unread("goes on in another cabinet" if folder >= _CONTINUED else "of no folder", at, member=name)
        elif known[folder].method not in (_STORED, _DEFLATED):
            method = _METHODS.get(known[folder].method, f"number {known[folder].method}")
            yield Unread(f"packed by the method {method}", at, member=name)
        elif length:
            window = Window(streams[folder], offset, length)
            yield Member(name, window)
            if window.size < length:
                yield Unread("the member is cut off", at, length, name)
    if flags & (_BEFORE | _AFTER):
        yield Unread("one of several cabinets, which share files")
    yield from rest(source, size)


def _folders(cursor: Cursor, count: int, flags: int) -> tuple[list[_Folder], int]:
    """The folders, and how many bytes of its own each of their blocks has."""
    in_folder = in_block = 0
    if flags & _RESERVED:
        in_header, in_folder, in_block = cursor.unsigned(2), cursor.unsigned(1), cursor.unsigned(1)
        cursor.skip(in_header)
    for flag in (_BEFORE, _AFTER):
        if flags & flag:
            _name(cursor)
            _name(cursor)
    known = []
    for _ in range(count):
        known.append(_Folder(cursor.unsigned(4), cursor.unsigned(2), cursor.unsigned(2) & 0xF))
        cursor.skip(in_folder)
    return known, in_block


def _name(cursor: Cursor) -> str:
    letters = bytearray()
    while (letter := cursor.take(1)) != b"\0":
        letters += letter
        if len(letters) > _MAX_NAME:
            raise Unreadable("a name that does not end")
    return letters.decode("utf-8", "replace")


def _blocks(source: Source, folder: _Folder, reserved: int, budget: Budget) -> Iterator[bytes]:
    """What a folder's blocks unpack to: each deflated by itself, but looking back into the one before."""
    at, before = folder.at, b""
    for _ in range(folder.blocks):
        head = source.read(at, 8)
        packed, unpacked = int.from_bytes(head[4:6], "little"), int.from_bytes(head[6:8], "little")
        data = source.read(at + 8 + reserved, packed)
        if len(head) < 8 or len(data) < packed or unpacked > _BLOCK:
            raise Unreadable("a block that is cut off")
        at += 8 + reserved + packed
        if folder.method == _DEFLATED:
            data = _inflated(data, before)
        budget.spend_unpacked(len(data))
        before = data
        yield data


def _inflated(data: bytes, before: bytes) -> bytes:
    if data[:2] != b"CK":
        raise Unreadable("a block that is not deflated")
    try:
        return zlib.decompressobj(-15, zdict=before).decompress(data[2:], _BLOCK)
    except zlib.error as error:
        raise Unreadable(f"a block that can't be unpacked: {error}") from None


FORMAT = Format(
    "cab",
    _recognize,
    _inspect,
    "a Windows cabinet",
    RunsCode.RARELY,
    "what is inside",
    (".cab",),
    firsts=b"M",
)
