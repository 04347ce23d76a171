"""Shards: lists of files and xorbs, read as clients upload them and written as answers to dedup queries."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.xet.assembly import AnnouncedFile
from entrepot.xet.merkle import HASH_BYTES, XetHash
from entrepot.xet.reconstruction import Term
from entrepot.xet.xorb import MAX_CHUNKS, XorbIndex

RECORD = 48
MAX_SHARD = 64 * 1024 * 1024 + 1024 * 1024  # clients merge shards up to 64 MiB; the rest is slack
MAX_FILES = 100_000  # a commit has far fewer, and each costs a lookup
MAX_XORBS = 65_536  # 4 TiB of new content in one upload
MAX_REFERRED_CHUNKS = 1 << 24  # 1 TiB of chunks as they usually are; verifying takes a microsecond for each
GLOBAL_DEDUP_MODULUS = 1024  # a client asks the server about chunks whose hash's last word this divides

_TAG = bytes.fromhex("48465265706f4d6574614461746100556967456a7b815783a5bdd95ccdd14aa9")
_VERSION = 2
_FOOTER_VERSION = 1
_FOOTER_BYTES = 200
_BOOKEND_HASH = b"\xff" * HASH_BYTES
_BOOKEND = _BOOKEND_HASH + bytes(RECORD - HASH_BYTES)

_WITH_RANGES = 1 << 31
_WITH_SHA256 = 1 << 30
_DEDUP_ELIGIBLE = 1 << 31

_HEADER = struct.Struct("<32sQQ")
_FILE = struct.Struct("<32sIIQ")
_WORDS = struct.Struct("<32sIIII")
_HASH_ONLY = struct.Struct("<32s16x")
_FOOTER = struct.Struct("<9Q32s2Q48x4Q")


@dataclass(frozen=True, slots=True)
class AnnouncedChunk:
    """A chunk as a shard lists it: `offset` and `size` count unpacked bytes."""

    hash: XetHash
    offset: int
    size: int
    dedup_eligible: bool


@dataclass(frozen=True, slots=True)
class AnnouncedXorb:
    """A xorb as a shard lists it; `records` are its chunks, as they stand there."""

    hash: XetHash
    unpacked_size: int
    stored_size: int
    records: bytes

    def __len__(self) -> int:
        return len(self.records) // RECORD

    @property
    def chunks(self) -> Iterator[AnnouncedChunk]:
        """The xorb's chunks, in order."""
        for raw, offset, size, flags, _ in _WORDS.iter_unpack(self.records):
            yield AnnouncedChunk(XetHash(raw), offset, size, bool(flags & _DEDUP_ELIGIBLE))


@dataclass(frozen=True, slots=True)
class Shard:
    """What a shard announces: nothing in it is verified beyond its form."""

    files: tuple[AnnouncedFile, ...]
    xorbs: tuple[AnnouncedXorb, ...]


class _Records:
    """A shard's records, taken one after the other; `Invalid` past the end."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._view = memoryview(data).cast("B")
        self.offset = 0

    @property
    def left(self) -> int:
        return len(self._view) - self.offset

    def take(self, count: int, what: str) -> memoryview:
        if count * RECORD > self.left:
            raise Invalid(
                f"the shard breaks off: {count} records of {what} at byte {self.offset}, and {self.left} bytes are left"
            )
        taken = self._view[self.offset : self.offset + count * RECORD]
        self.offset += count * RECORD
        return taken

    def head(self, what: str) -> memoryview | None:
        """The header of a section's next entry; None for the bookend after the last."""
        taken = self.take(1, what)
        return None if taken[:HASH_BYTES] == _BOOKEND_HASH else taken


def parse(data: bytes | memoryview) -> Shard:
    """The files and xorbs of an uploaded shard; raises `Invalid` with the offset, or `TooLarge`.

    A footer is not read: it repeats what the sections say.
    """
    if len(data) > MAX_SHARD:
        raise TooLarge(f"the shard has {len(data)} bytes, and {MAX_SHARD} is the limit")
    records = _Records(data)
    tag, version, footer = _HEADER.unpack(records.take(1, "the header"))
    if tag != _TAG or version != _VERSION:
        raise Invalid(f"not a shard of version {_VERSION}: its header at byte 0 says otherwise")
    files = tuple(_files(records))
    xorbs = tuple(_xorbs(records))
    if records.left and not footer:
        raise Invalid(f"the shard goes on for {records.left} bytes after its last section, byte {records.offset}")
    if records.left < footer:
        raise Invalid(f"a footer of {footer} bytes at byte {records.offset}, and {records.left} are left")
    return Shard(files, xorbs)


def _files(records: _Records) -> Iterator[AnnouncedFile]:
    count = referred = 0
    while head := records.head("a file"):
        count += 1
        start = records.offset - RECORD
        if count > MAX_FILES:
            raise TooLarge(f"more than {MAX_FILES} files in one shard, byte {start}")
        file = _file(head, records)
        referred += sum(term.end - term.start for term in file.terms)
        if referred > MAX_REFERRED_CHUNKS:
            raise TooLarge(f"more than {MAX_REFERRED_CHUNKS} chunks in the files of one shard, byte {start}")
        yield file


def _file(head: memoryview, records: _Records) -> AnnouncedFile:
    start = records.offset - RECORD
    raw, flags, count, _ = _FILE.unpack(head)
    file = XetHash(raw)
    if flags & ~(_WITH_RANGES | _WITH_SHA256):
        raise Invalid(f"file {file} at byte {start} has unknown flags: {flags:#010x}")
    terms = tuple(_terms(file, records, count))
    ranges = None
    if flags & _WITH_RANGES:
        taken = records.take(count, f"verification of file {file}")
        ranges = tuple(XetHash(found) for (found,) in _HASH_ONLY.iter_unpack(taken))
    sha256 = None
    if flags & _WITH_SHA256:
        (stored,) = _HASH_ONLY.unpack(records.take(1, f"SHA-256 of file {file}"))
        sha256 = XetHash(stored).to_digest()
    return AnnouncedFile(file, terms, ranges, sha256)


def _terms(file: XetHash, records: _Records, count: int) -> Iterator[Term]:
    start = records.offset
    taken = records.take(count, f"terms of file {file}")
    for number, (raw, _, length, first, end) in enumerate(_WORDS.iter_unpack(taken)):
        if not first < end <= MAX_CHUNKS or not length:
            raise Invalid(
                f"file {file}, term {number} at byte {start + number * RECORD}: "
                f"{length} bytes in chunks {first} to {end}"
            )
        yield Term(XetHash(raw), first, end, length)


def _xorbs(records: _Records) -> Iterator[AnnouncedXorb]:
    total = 0
    while head := records.head("a xorb"):
        start = records.offset - RECORD
        raw, _, count, unpacked, stored = _WORDS.unpack(head)
        xorb = XetHash(raw)
        total += 1
        if total > MAX_XORBS:
            raise TooLarge(f"more than {MAX_XORBS} xorbs in one shard, byte {start}")
        if count > MAX_CHUNKS:
            raise TooLarge(f"xorb {xorb} at byte {start} has {count} chunks, and {MAX_CHUNKS} is the limit")
        yield AnnouncedXorb(xorb, unpacked, stored, bytes(records.take(count, f"chunks of xorb {xorb}")))


def is_dedup_eligible(chunk: XetHash) -> bool:
    """Whether clients ask the server about this chunk, wherever in a file it stands."""
    return int.from_bytes(chunk.raw[24:], "little") % GLOBAL_DEDUP_MODULUS == 0


def eligible_chunks(index: XorbIndex) -> tuple[XetHash, ...]:
    """The chunks of a xorb that clients ask the server about, wherever in a file they stand."""
    words = np.frombuffer(index.hashes, "<u8")[3::4]
    return tuple(index.chunk_hash(int(chunk)) for chunk in np.flatnonzero(words % GLOBAL_DEDUP_MODULUS == 0))


def dedup_answer(xorbs: Sequence[XorbIndex], created: int, expires: int) -> bytes:
    """The shard that tells a client which chunks these xorbs have; times are Unix seconds.

    Discloses every chunk hash in them: only for xorbs whose content the asker may read.
    """
    head = _HEADER.pack(_TAG, _VERSION, _FOOTER_BYTES)
    body = b"".join([_BOOKEND, *(_xorb_section(index) for index in xorbs), _BOOKEND])
    footer_at = len(head) + len(body)
    lookups = (footer_at, 0) * 3
    stored = sum(index.physical_size for index in xorbs)
    unpacked = sum(index.unpacked_size for index in xorbs)
    no_key = bytes(HASH_BYTES)
    offsets = (len(head), len(head) + RECORD)
    footer = _FOOTER.pack(_FOOTER_VERSION, *offsets, *lookups, no_key, created, expires, stored, 0, unpacked, footer_at)
    return head + body + footer


def _xorb_section(index: XorbIndex) -> bytes:
    count = len(index)
    parts = [_WORDS.pack(index.hash.raw, 0, count, index.unpacked_size, index.physical_size)]
    offset = 0
    for chunk, size in enumerate(index.sizes_of(0, count)):
        found = index.chunk_hash(chunk)
        flags = _DEDUP_ELIGIBLE if is_dedup_eligible(found) else 0
        parts.append(_WORDS.pack(found.raw, offset, size, flags, 0))
        offset += size
    return b"".join(parts)
