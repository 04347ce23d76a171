"""Xorbs: packs of chunks, verified when they arrive and read back by range."""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import lz4.frame
import numpy as np

from entrepot.domain.errors import Corrupt, Invalid, TooLarge
from entrepot.xet.merkle import HASH_BYTES, HashTree, XetHash, chunk_hash

MAX_CHUNK = 128 * 1024  # the longest that Xet's chunkers cut
MAX_STORED_CHUNK = 2 * MAX_CHUNK  # packing may lengthen a chunk, but nobody honest doubles it
MAX_CHUNKS = 8192
HEADER_BYTES = 8
MAX_XORB = 64 * 1024 * 1024 + MAX_CHUNKS * HEADER_BYTES  # clients count 64 MiB without headers
MAX_FOOTER = MAX_CHUNKS * (HASH_BYTES + 8) + 1024  # hashes and offsets of every chunk, and the fixed fields
MAX_UPLOAD = MAX_XORB + MAX_FOOTER

RAW, LZ4, GROUPED_LZ4 = 0, 1, 2  # GROUPED_LZ4 is Xet's BG4: bytes regrouped by index modulo four

_FOOTER_TAG = b"XETBLOB"
_INDEX_HEAD = struct.Struct("<B32sI")
_INDEX_VERSION = 1
_U32 = struct.Struct("<I")

Bytes = bytes | memoryview


@dataclass(frozen=True, slots=True)
class XorbIndex:
    """Where each chunk of a xorb lies, packed and unpacked: 41 bytes a chunk.

    Each field holds one entry per chunk, little-endian; chunk ranges exclude their end.
    """

    hash: XetHash
    hashes: bytes
    physical_ends: bytes
    unpacked_ends: bytes
    schemes: bytes

    def __len__(self) -> int:
        return len(self.schemes)

    @property
    def physical_size(self) -> int:
        """Bytes of all chunks with their headers, which is where a footer is cut off."""
        return self._end(self.physical_ends, len(self))

    @property
    def unpacked_size(self) -> int:
        """Bytes of all chunks, unpacked."""
        return self._end(self.unpacked_ends, len(self))

    def chunk_hash(self, chunk: int) -> XetHash:
        """The hash of one chunk."""
        self._require(chunk, chunk + 1)
        return XetHash(self.hashes[HASH_BYTES * chunk : HASH_BYTES * (chunk + 1)])

    def hashes_of(self, start: int, end: int) -> bytes:
        """The raw hashes of a range of chunks, one after the other."""
        self._require(start, end)
        return self.hashes[HASH_BYTES * start : HASH_BYTES * end]

    def sizes_of(self, start: int, end: int) -> list[int]:
        """The unpacked sizes of a range of chunks."""
        self._require(start, end)
        sizes = _steps(self.unpacked_ends[4 * start : 4 * end])
        sizes[0] -= self.unpacked_start(start)
        return sizes.tolist()

    def physical_range(self, start: int, end: int) -> tuple[int, int]:
        """Where the stored bytes of a range of chunks begin, and where they end (exclusive)."""
        self._require(start, end)
        return self._end(self.physical_ends, start), self._end(self.physical_ends, end)

    def unpacked_start(self, chunk: int) -> int:
        """Where a chunk begins when everything is unpacked; for the number of chunks, the end."""
        if not 0 <= chunk <= len(self):
            raise Invalid(f"xorb {self.hash} has {len(self)} chunks, and no chunk {chunk}")
        return self._end(self.unpacked_ends, chunk)

    def unpacked_length(self, start: int, end: int) -> int:
        """How many bytes a range of chunks unpacks to."""
        self._require(start, end)
        return self._end(self.unpacked_ends, end) - self._end(self.unpacked_ends, start)

    def chunk_at(self, offset: int) -> int:
        """The chunk that holds this byte of the unpacked whole."""
        if not 0 <= offset < self.unpacked_size:
            raise Invalid(f"xorb {self.hash} unpacks to {self.unpacked_size} bytes, and has none at {offset}")
        return bisect_right(range(1, len(self) + 1), offset, key=lambda n: self._end(self.unpacked_ends, n))

    def to_bytes(self) -> bytes:
        """The index as one value to store; `from_bytes` reads it back."""
        head = _INDEX_HEAD.pack(_INDEX_VERSION, self.hash.raw, len(self))
        return head + self.hashes + self.physical_ends + self.unpacked_ends + self.schemes

    @classmethod
    def from_bytes(cls, data: bytes) -> "XorbIndex":
        """The index that was stored; raises `Corrupt` where it is none, or contradicts itself."""
        if len(data) < _INDEX_HEAD.size:
            raise Corrupt(f"a stored xorb index breaks off after {len(data)} bytes")
        version, raw, count = _INDEX_HEAD.unpack_from(data)
        if version != _INDEX_VERSION or not 1 <= count <= MAX_CHUNKS:
            raise Corrupt(f"a stored xorb index has version {version} and {count} chunks")
        if len(data) != _INDEX_HEAD.size + count * (HASH_BYTES + 9):
            raise Corrupt(f"a stored xorb index of {count} chunks has {len(data)} bytes")
        cut, fields = _INDEX_HEAD.size, []
        for width in (HASH_BYTES, 4, 4, 1):
            fields.append(data[cut : cut + width * count])
            cut += width * count
        index = cls(XetHash(raw), *fields)
        index._check()
        return index

    def _check(self) -> None:
        stored = _steps(self.physical_ends) - HEADER_BYTES
        unpacked = _steps(self.unpacked_ends)
        schemes = np.frombuffer(self.schemes, np.uint8)
        possible = (stored >= 1) & (stored <= MAX_STORED_CHUNK) & (unpacked >= 1) & (unpacked <= MAX_CHUNK)
        possible &= (schemes <= GROUPED_LZ4) & ((schemes != RAW) | (stored == unpacked))
        if not possible.all():
            raise Corrupt(f"the stored index of xorb {self.hash} is impossible at chunk {possible.argmin()}")

    def _require(self, start: int, end: int) -> None:
        if not 0 <= start < end <= len(self):
            raise Invalid(f"xorb {self.hash} has {len(self)} chunks, and no range {start} to {end} of them")

    @staticmethod
    def _end(ends: bytes, chunks: int) -> int:
        if not chunks:
            return 0
        end: int = _U32.unpack_from(ends, 4 * (chunks - 1))[0]
        return end


def _steps(ends: bytes) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    steps = np.frombuffer(ends, "<u4").astype(np.int64)
    steps[1:] -= steps[:-1].copy()
    return steps


@dataclass(frozen=True, slots=True)
class _Header:
    stored: int
    scheme: int
    unpacked: int


def verify(data: Bytes, announced: XetHash) -> XorbIndex:
    """The index of an uploaded xorb, once all of it was unpacked and hashes to what was announced.

    Raises `Invalid`, or `TooLarge`. What follows `physical_size` is a footer, and not to be stored.
    Holds one unpacked chunk at a time.
    """
    view = memoryview(data).cast("B")
    if len(view) > MAX_UPLOAD:
        raise TooLarge(f"xorb {announced} has {len(view)} bytes, and {MAX_UPLOAD} is the limit")
    hashes, physical, unpacked, schemes = bytearray(), [0], [0], bytearray()
    while (start := physical[-1]) < len(view) and not _is_footer(view, start):
        if len(schemes) == MAX_CHUNKS:
            raise TooLarge(f"xorb {announced} has more than {MAX_CHUNKS} chunks")
        try:
            header = _read_header(view, start)
            chunk = _unpacked(view[start + HEADER_BYTES : start + HEADER_BYTES + header.stored], header)
        except Invalid as problem:
            raise type(problem)(f"xorb {announced}, chunk {len(schemes)}, byte {start}: {problem}") from None
        hashes += chunk_hash(chunk).raw
        physical.append(start + HEADER_BYTES + header.stored)
        unpacked.append(unpacked[-1] + header.unpacked)
        schemes.append(header.scheme)
    _check_whole(view, physical[-1], announced)
    return _sealed(announced, bytes(hashes), (physical, unpacked), bytes(schemes))


def _check_whole(view: memoryview, end: int, announced: XetHash) -> None:
    if not end:
        raise Invalid(f"xorb {announced} has no chunks")
    if end > MAX_XORB:
        raise TooLarge(f"xorb {announced} has {end} bytes, and {MAX_XORB} is the limit")
    if len(view) - end > MAX_FOOTER:
        raise TooLarge(f"xorb {announced} has a footer of more than {MAX_FOOTER} bytes")


def _sealed(announced: XetHash, hashes: bytes, ends: tuple[list[int], list[int]], schemes: bytes) -> XorbIndex:
    physical, unpacked = ends
    tree = HashTree()
    tree.add(hashes, [end - start for start, end in pairwise(unpacked)])
    if (found := tree.root()) != announced:
        raise Invalid(f"xorb {announced} was announced, but its chunks hash to {found}")
    packed = [np.array(offsets[1:], "<u4").tobytes() for offsets in (physical, unpacked)]
    return XorbIndex(announced, hashes, packed[0], packed[1], schemes)


def _is_footer(view: memoryview, start: int) -> bool:
    return start > 0 and view[start : start + len(_FOOTER_TAG)] == _FOOTER_TAG


def _read_header(view: memoryview, start: int) -> _Header:
    """The header at a chunk's start, with every number in it within bounds; raises `Invalid`."""
    head = bytes(view[start : start + HEADER_BYTES])
    if len(head) < HEADER_BYTES:
        raise Invalid(f"the header breaks off after {len(head)} of {HEADER_BYTES} bytes")
    stored, scheme = int.from_bytes(head[1:4], "little"), head[4]
    unpacked = int.from_bytes(head[5:8], "little")
    if head[0] != 0:
        raise Invalid(f"version {head[0]} instead of 0")
    if scheme > GROUPED_LZ4:
        raise Invalid(f"compression scheme {scheme}, and only 0, 1 and 2 are known")
    if not 1 <= unpacked <= MAX_CHUNK or not 1 <= stored <= MAX_STORED_CHUNK:
        raise Invalid(f"{stored} bytes that unpack to {unpacked}, and {MAX_CHUNK} is the limit")
    if scheme == RAW and stored != unpacked:
        raise Invalid(f"{stored} bytes that are not packed, yet unpack to {unpacked}")
    if stored > len(view) - start - HEADER_BYTES:
        raise Invalid(f"{stored} bytes announced, {len(view) - start - HEADER_BYTES} are left")
    return _Header(stored, scheme, unpacked)


def _unpacked(stored: memoryview, header: _Header) -> Bytes:
    """A chunk as its header says: exactly so long; raises `Invalid`."""
    if header.scheme == RAW:
        return stored
    try:
        # one more than may come, so that a bomb shows itself by its first surplus byte
        frame = lz4.frame.create_decompression_context()
        data, used, ended = lz4.frame.decompress_chunk(frame, stored, max_length=header.unpacked + 1)
    except RuntimeError as problem:
        raise Invalid(f"not an LZ4 frame: {problem}") from None
    if len(data) > header.unpacked:
        raise Invalid(f"unpacks to more than the {header.unpacked} bytes it announces")
    if not ended or used != len(stored):
        raise Invalid("the LZ4 frame does not end where the chunk does")
    if len(data) != header.unpacked:
        raise Invalid(f"unpacks to {len(data)} bytes instead of the {header.unpacked} it announces")
    return _ungrouped(data) if header.scheme == GROUPED_LZ4 else bytes(data)


def _ungrouped(data: bytes) -> memoryview:
    grouped = np.frombuffer(data, np.uint8)
    plain = np.empty(len(data), np.uint8)
    cut = 0
    for k in range(4):
        length = (len(data) - k + 3) // 4
        plain[k::4] = grouped[cut : cut + length]
        cut += length
    return plain.data


def unpack(data: Bytes, index: XorbIndex, start: int, end: int) -> Iterator[Bytes]:
    """The chunks from `start` up to `end` (exclusive), from exactly their stored bytes.

    Chunks that were not packed are views of `data`. Raises `Corrupt` where the bytes and the index
    disagree about a length or scheme.
    """
    view = memoryview(data).cast("B")
    first, last = index.physical_range(start, end)
    if len(view) != last - first:
        raise Corrupt(f"xorb {index.hash}, chunks {start} to {end}: {len(view)} bytes, not {last - first}")
    for chunk in range(start, end):
        begin, stop = index.physical_range(chunk, chunk + 1)
        expected = _Header(stop - begin - HEADER_BYTES, index.schemes[chunk], index.unpacked_length(chunk, chunk + 1))
        try:
            header = _read_header(view[: stop - first], begin - first)
            if header != expected:
                raise Invalid("its header is not the one that was verified")
            plain = _unpacked(view[begin - first + HEADER_BYTES : stop - first], header)
        except Invalid as problem:
            raise Corrupt(f"xorb {index.hash}, chunk {chunk}: {problem}") from None
        yield plain


def chunk_header(size: int) -> bytes:
    """The header of a chunk of so many bytes, stored as it is."""
    length = size.to_bytes(3, "little")
    return b"\0" + length + b"\0" + length


def pack(chunks: Iterable[Bytes]) -> bytes:
    """A xorb of these chunks, stored as they are, without a footer."""
    return b"".join(part for chunk in chunks for part in (chunk_header(len(chunk)), chunk))
