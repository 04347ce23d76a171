"""Virtual xorbs: a plain blob seen as xorbs, with a header before each piece of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from blake3 import blake3

from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid, RangeNotSatisfiable
from entrepot.xet.merkle import XetHash
from entrepot.xet.xorb import HEADER_BYTES, MAX_CHUNK, chunk_header

CHUNK = MAX_CHUNK
CHUNKS_PER_XORB = 500  # 62.5 MiB: with headers, within what clients expect of a xorb
XORB = CHUNK * CHUNKS_PER_XORB
READ = 1024 * 1024
STORED_CHUNK = HEADER_BYTES + CHUNK

# The geometry above is part of what these hashes name: who changes it must change the contexts.
_FILE_CONTEXT = "entrepot 2026-01 xet file hash of a plain blob, v1"
_XORB_CONTEXT = "entrepot 2026-01 xet xorb hash of a part of a plain blob, v1"


def file_hash(digest: Digest) -> XetHash:
    """The hash under which a blob is offered over Xet: made up, yet no other content has it."""
    return XetHash(blake3(digest.raw, derive_key_context=_FILE_CONTEXT).digest())


@dataclass(frozen=True, slots=True)
class VirtualXorb:
    """The part of a blob, from `start` and `length` bytes long, that its xorb `number` stands for.

    Answers what a `XorbIndex` answers, by arithmetic; chunk ranges exclude their end.
    """

    digest: Digest
    number: int
    start: int
    length: int

    def __len__(self) -> int:
        return (self.length + CHUNK - 1) // CHUNK

    @property
    def hash(self) -> XetHash:
        """The xorb's made-up hash."""
        message = self.digest.raw + self.number.to_bytes(8, "little")
        return XetHash(blake3(message, derive_key_context=_XORB_CONTEXT).digest())

    @property
    def physical_size(self) -> int:
        """Bytes of the part with all its headers."""
        return self.length + HEADER_BYTES * len(self)

    def physical_range(self, start: int, end: int) -> tuple[int, int]:
        """Where the bytes of a range of chunks begin in the xorb, and where they end (exclusive)."""
        self._require(start, end)
        return start * STORED_CHUNK, min(end * STORED_CHUNK, self.physical_size)

    def unpacked_start(self, chunk: int) -> int:
        """Where a chunk begins in the part; for the number of chunks, the end."""
        if not 0 <= chunk <= len(self):
            raise Invalid(f"xorb {self.hash} has {len(self)} chunks, and no chunk {chunk}")
        return min(chunk * CHUNK, self.length)

    def unpacked_length(self, start: int, end: int) -> int:
        """How many bytes of the blob a range of chunks is."""
        self._require(start, end)
        return self.unpacked_start(end) - self.unpacked_start(start)

    def chunk_at(self, offset: int) -> int:
        """The chunk that holds this byte of the part."""
        if not 0 <= offset < self.length:
            raise Invalid(f"xorb {self.hash} unpacks to {self.length} bytes, and has none at {offset}")
        return offset // CHUNK

    def _require(self, start: int, end: int) -> None:
        if not 0 <= start < end <= len(self):
            raise Invalid(f"xorb {self.hash} has {len(self)} chunks, and no range {start} to {end} of them")


def xorb_count(size: int) -> int:
    """How many virtual xorbs a blob of this size has."""
    return -(-size // XORB)


def xorb(digest: Digest, size: int, number: int) -> VirtualXorb:
    """One of a blob's virtual xorbs; raises `Invalid` where it has fewer."""
    if not 0 <= number < xorb_count(size):
        raise Invalid(f"blob {digest} has {xorb_count(size)} virtual xorbs, and no number {number}")
    start = number * XORB
    return VirtualXorb(digest, number, start, min(XORB, size - start))


def xorbs(digest: Digest, size: int) -> list[VirtualXorb]:
    """All virtual xorbs of a blob, in order; none for the empty blob."""
    return [xorb(digest, size, number) for number in range(xorb_count(size))]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of the blob: so many, from this offset."""

    offset: int
    length: int


Segment = bytes | Stretch
"""What a virtual xorb is made of: a header, or a part of one, as it stands; or bytes of the blob."""


def segments(part: VirtualXorb, first: int, last: int | None = None) -> Iterator[Segment]:
    """What the xorb's physical bytes from `first` to `last` (inclusive, or its end) consist of, in order.

    Raises `RangeNotSatisfiable` where the range begins past the end; one that only ends there is cut.
    """
    end = part.physical_size if last is None else min(last + 1, part.physical_size)
    if not 0 <= first < end:
        raise RangeNotSatisfiable(
            f"virtual xorb {part.hash} has {part.physical_size} bytes, and none from {first} to {last}",
            part.physical_size,
        )
    return _segments(part, first, end)


def _segments(part: VirtualXorb, first: int, end: int) -> Iterator[Segment]:
    for chunk in range(first // STORED_CHUNK, -(-end // STORED_CHUNK)):
        base = chunk * STORED_CHUNK
        size = min(CHUNK, part.length - chunk * CHUNK)
        start, stop = max(first - base, 0), min(end - base, HEADER_BYTES + size)
        if start < HEADER_BYTES:
            yield chunk_header(size)[start:stop]
        if stop > HEADER_BYTES:
            begin = max(start, HEADER_BYTES)
            yield Stretch(part.start + chunk * CHUNK + begin - HEADER_BYTES, stop - begin)


@dataclass(frozen=True, slots=True)
class Batch:
    """Segments whose blob bytes are one read: `length` bytes from `offset`, 0 for headers only."""

    offset: int
    length: int
    segments: tuple[Segment, ...]

    def weave(self, data: bytes | memoryview) -> bytes:
        """The segments as bytes, from exactly the bytes that the read gave; copies once."""
        if len(data) != self.length:
            raise ValueError(f"{len(data)} bytes for a batch of {self.length}")
        view = memoryview(data)
        return b"".join(
            view[segment.offset - self.offset : segment.offset - self.offset + segment.length]
            if isinstance(segment, Stretch)
            else segment
            for segment in self.segments
        )


def batches(wanted: Iterable[Segment], chunks: int = READ // CHUNK) -> Iterator[Batch]:
    """The segments in batches of so many chunks, each with a single read of the blob behind it."""
    rest = iter(wanted)
    while group := tuple(islice(rest, 2 * chunks)):
        stretches = [segment for segment in group if isinstance(segment, Stretch)]
        offset = stretches[0].offset if stretches else 0
        yield Batch(offset, sum(stretch.length for stretch in stretches), group)
