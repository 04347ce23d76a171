"""One member of a zip file, opened in each of the ways that its headers allow."""

import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.domain.report import Finding, Location, Unread
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.filters import lzma1, raw
from entrepot.scan.formats import Found, Member
from entrepot.scan.rules import found
from entrepot.scan.source import Source, Window, pieces
from entrepot.scan.unpacking import BROKEN, Begin, Inflate, Opening, Stream, bzip2, once, xz
from entrepot.scan.zip.layout import Use
from entrepot.scan.zip.recognize import LOCAL
from entrepot.scan.zip.records import Entry
from entrepot.scan.zip.walk import Placed

STORED, DEFLATE, BZIP2, LZMA, ZSTANDARD, XZ, AES = 0, 8, 12, 14, 93, 95, 99
ENCRYPTED = 1
_REFUSED = 0x2061
"""Flags at which Python's zipfile refuses a member: encrypted, patched, strongly encrypted, masked headers."""
CHECKED = 64 << 20
"""Packed bytes up to which a member is unpacked to its end, to see whether checksum, size and end are right."""
_METHODS = {
    1: "shrink",
    6: "implode",
    9: "deflate64",
    93: "zstandard",
    94: "mp3",
    96: "jpeg",
    97: "wavpack",
    98: "ppmd",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take a member's bytes."""

    method: int
    start: int
    end: int


def open_member(source: Source, member: Placed, use: Use, budget: Budget) -> Iterator[Found]:
    """The member as each reader sees it, and what its headers disagree on."""
    entry = member.entry
    if member.local is None:
        message = f"readers disagree: the directory names {entry.name!r}, and there is no header at its place"
        yield found("archive.two-readings", message, at=Location(offset=member.at))
        yield Unread("a member that is not where the directory says", member.at, member=entry.name)
        return
    if member.hidden:
        message = f"the directory does not name {entry.name!r}"
        yield found("archive.hidden-member", message, at=Location(offset=member.at))
    yield from _disagreements(entry, member.local, member.at)
    if _is_encrypted(source, member):
        yield found("archive.encrypted", f"{entry.name!r} is encrypted", at=Location(offset=member.at))
        yield Unread("encrypted", member.data, entry.packed, entry.name)
        return
    flags = (entry.flags | member.local.flags) & _REFUSED
    if flags:
        message = (
            f"{entry.name!r} has flags {flags:#x}, as if it were encrypted or patched, and can be read all the same"
        )
        yield found("archive.flags", message, at=Location(offset=member.at))
    for reading in _readings(source, member):
        yield from _open(source, member, reading, use, budget)


def _disagreements(entry: Entry, local: Entry, at: int) -> Iterator[Finding]:
    """Where directory and local header differ in what honest archivers always write alike."""
    sized_later = local.flags & 8
    differ = []
    if entry.raw != local.raw:
        differ.append(f"name {entry.name!r}, {local.name!r}")
    if entry.method != local.method:
        differ.append(f"method {entry.method}, {local.method}")
    for what, told, locally in (("size", entry.size, local.size), ("packed size", entry.packed, local.packed)):
        if told != locally and not (sized_later and locally in (0, 0xFFFFFFFF)):
            differ.append(f"{what} {told}, {locally}")
    if differ:
        message = f"readers disagree on {entry.name!r}: by directory and by local header, {'; '.join(differ)}"
        yield found("archive.two-readings", message, at=Location(offset=at))
    elif (entry.flags ^ local.flags) & ENCRYPTED:
        message = f"{entry.name!r} is encrypted by one of its headers and not by the other"
        yield found("archive.flags", message, at=Location(offset=at))


def _is_encrypted(source: Source, member: Placed) -> bool:
    """Whether it truly is: the flag alone is often a lie that keeps zipfile out."""
    entry = member.entry
    if entry.method == AES or entry.aes:
        return True
    if not entry.flags & ENCRYPTED:
        return False
    if entry.method == STORED:
        return entry.packed != entry.size
    if entry.method == DEFLATE:
        return not _inflates(source.read(member.data, min(entry.packed, 4096)), entry.packed <= 4096)
    return True


def _inflates(data: bytes, whole: bool) -> bool:
    decoder = zlib.decompressobj(-15)
    try:
        decoder.decompress(data, 1 << 20)
    except zlib.error:
        return False
    return decoder.eof or not whole


def _readings(source: Source, member: Placed) -> list[Reading]:
    """By the directory, and by the local header where that says something else."""
    known: dict[Reading, None] = {}
    for entry in (member.entry, member.local or member.entry):
        packed = entry.packed or (member.end - member.data if member.hidden else member.entry.packed)
        if entry.method == STORED:
            packed = max(packed, entry.size)
        known[Reading(entry.method, member.data, min(member.data + packed, source.size))] = None
    return list(known)


def _open(source: Source, member: Placed, reading: Reading, use: Use, budget: Budget) -> Iterator[Found]:
    entry = member.entry
    if reading.method == STORED:
        window = Window(source, reading.start, reading.end - reading.start)
        yield Member(entry.name, window, use.formats, use.opaque)
        if reading.start + max(entry.packed, entry.size) > source.size:
            yield Unread("the member is cut off", reading.start, entry.packed, entry.name)
        elif not use.opaque and entry.packed <= CHECKED and _crc(window) != entry.crc:
            yield _wrong_checksum(entry, member.at)
        return
    begin = _begin(source, reading, entry)
    if begin is None:
        method = _METHODS.get(reading.method, f"number {reading.method}")
        yield Unread(f"packed by the method {method}", reading.start, entry.packed, entry.name)
        return
    with Stream(source, begin, budget, reading.start, reading.end) as stream:
        yield Member(entry.name, stream.source, use.formats, use.opaque)
        yield from _settle(source, member, reading, stream)


def _settle(source: Source, member: Placed, reading: Reading, stream: Stream) -> Iterator[Found]:
    """What unpacking to the end tells."""
    entry, at = member.entry, Location(offset=member.at)
    if entry.packed <= CHECKED:
        stream.finish()
    if stream.bomb:
        yield found("archive.bomb", f"{entry.name!r}: {stream.bomb}", at=at)
    if stream.broken:
        yield Unread(stream.broken, reading.start, entry.packed, entry.name)
    if not stream.complete:
        return
    if stream.produced != entry.size and not member.hidden:
        message = f"readers disagree on {entry.name!r}: {entry.size} bytes by its header, {stream.produced} unpacked"
        yield found("archive.two-readings", message, at=at)
    elif stream.crc != entry.crc and not (entry.flags & 8 and member.hidden):
        yield _wrong_checksum(entry, member.at)
    if not member.hidden or source.read(stream.at, 4) not in (LOCAL, b"PK\x07\x08"):
        yield from rest(source, stream.at, f"{entry.name} (behind its end)", reading.end)


def _begin(source: Source, reading: Reading, entry: Entry) -> Begin | None:
    if reading.method == DEFLATE:
        return once(Inflate, reading.start)
    if reading.method == BZIP2:
        return once(bzip2, reading.start)
    if reading.method == XZ:
        return once(xz, reading.start)
    if reading.method == ZSTANDARD:
        return _zstandard(reading.start)
    if reading.method != LZMA:
        return None

    def lzma(_: Source, at: int) -> Opening | None:
        if at != reading.start:
            return None
        head = source.read(at, 9)
        if len(head) < 9:
            raise Unreadable("LZMA properties are cut off")
        return Opening(raw([lzma1(head[4:9], entry.size)], entry.size), at + 4 + int.from_bytes(head[2:4], "little"))

    return lzma


def _zstandard(start: int) -> Begin | None:
    # Loaded here: hardly any archive has it.
    from entrepot.scan.runs import zstd, zstd_module

    if zstd_module() is None:
        return None
    return lambda source, at: zstd(source, at) if at == start else None


def _crc(window: Window) -> int:
    value = 0
    try:
        for piece in pieces(window):
            value = zlib.crc32(piece, value)
    except BROKEN:
        return -1
    return value


def _wrong_checksum(entry: Entry, at: int) -> Finding:
    message = f"the CRC-32 of {entry.name!r} does not fit its bytes"
    return found("archive.checksum", message, at=Location(offset=at))


def link_target(source: Source, member: Placed) -> str | None:
    """What a member leads to that is a symbolic link; None where it is none."""
    entry = member.entry
    if not stat.S_ISLNK(entry.mode) or entry.method != STORED or entry.packed > 4096:
        return None
    return source.read(member.data, entry.packed).decode("utf-8", "replace")
