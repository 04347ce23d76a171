"""Compressed runs of bytes, unpacked piece by piece: what came out before a break counts, and bombs stop early."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from entrepot.scan.budget import Budget, OutOfBudget, Unreadable
from entrepot.scan.source import Source, Unpacked

PACKED_STEP = 64 << 10
UNPACKED_STEP = 1 << 20
DICTIONARY = 100 << 20
"""Memory that one decoder may ask for: xz's and 7z's strongest usual settings need 65 MiB."""
BOMB_SIZE = 8 << 20
BOMB_RATIO = 100
"""A run that repeats one short pattern, beyond this size and ratio, is there to fill disk or memory."""
_PATTERN_SEEN = 4096
_PATTERN_MAX = 1024
BROKEN = (zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, MemoryError, Unreadable)
"""What decoders raise at bytes that are not theirs; lz4's raises `RuntimeError`."""


class Codec(Protocol):
    """A decoder that is fed as it goes."""

    @property
    def eof(self) -> bool:
        """Whether the run has come to its own end."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was fed beyond that end."""
        ...

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes out for these bytes, in pieces of bounded size."""
        ...


class Inflate:
    """Deflate, raw unless `wbits` says otherwise."""

    __slots__ = ("_zlib",)

    def __init__(self, wbits: int = -15) -> None:
        self._zlib = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._zlib.decompress(data, UNPACKED_STEP)
            data = self._zlib.unconsumed_tail
            if piece:
                yield piece
            if self._zlib.eof or (not data and len(piece) < UNPACKED_STEP):
                return


class Bounded(Protocol):
    """What `bz2`, `lzma` and `lz4.frame` have for decoding step by step."""

    @property
    def eof(self) -> bool:
        """As `Codec`'s."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out of what it was given."""
        ...

    @property
    def unused_data(self) -> bytes:
        """As `Codec`'s; lz4 has None for nothing."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Up to `max_length` bytes of what comes out."""
        ...


class Stepwise:
    """A decoder of `bz2`, `lzma` or `lz4.frame`."""

    __slots__ = ("_decoder",)

    def __init__(self, decoder: Bounded) -> None:
        self._decoder = decoder

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data or b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._decoder.decompress(data, UNPACKED_STEP)
            data = b""
            if piece:
                yield piece
            if self._decoder.eof or self._decoder.needs_input:
                return


class Sized:
    """A decoder whose run ends where so many bytes came out: raw LZMA has no end of its own."""

    __slots__ = ("_codec", "_left")

    def __init__(self, codec: Codec, size: int) -> None:
        self._codec = codec
        self._left = size

    @property
    def eof(self) -> bool:
        return self._left <= 0 or self._codec.eof

    @property
    def unused_data(self) -> bytes:
        return self._codec.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        for piece in self._codec.feed(data):
            yield piece[: self._left]
            self._left -= len(piece)
            if self._left <= 0:
                return


def bzip2() -> Codec:
    """A decoder of one bzip2 stream."""
    return Stepwise(bz2.BZ2Decompressor())


def xz() -> Codec:
    """A decoder of one xz or old lzma stream, with bounded memory."""
    return Stepwise(lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=DICTIONARY))


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a compressed run begins: its decoder, the place of its first byte, and what follows its end unread."""

    codec: Codec
    offset: int
    trailer: int = 0


Begin: TypeAlias = Callable[[Source, int], Opening | None]
"""The run that begins at that place; None where none does. Raises `Unreadable`."""


class Stream:
    """What the runs from `start` to `end` unpack to, as one source; runs that follow one another are one, as loaders
    have it.

    Nothing is raised for what breaks: the bytes end there, and `broken` says why. `at` is where reading stands, and
    after `finish` the first byte that belongs to no run. A context manager: what was kept is let go at its end.
    """

    def __init__(self, source: Source, begin: Begin, budget: Budget, start: int = 0, end: int | None = None) -> None:
        self._source = source
        self._begin = begin
        self._budget = budget
        self._end = end
        self._start = start
        self._pattern: bool | None = None
        self._seen = b""
        self.at = start
        self.produced = 0
        self.crc = 0
        self.broken = ""
        self.bomb = ""
        self.complete = False
        self._pieces = self._runs()
        self.source = Unpacked(self._pieces)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.source.close()

    def finish(self) -> None:
        """Unpack the rest, keeping nothing. Raises `OutOfBudget`."""
        for _ in self._pieces:
            pass

    def _runs(self) -> Iterator[bytes]:
        while not self.broken and not self.bomb:
            start = self.at
            try:
                opening = self._begin(self._source, start)
            except BROKEN as error:
                self.broken = str(error) or type(error).__name__
                return
            if opening is None:
                self.complete = True
                return
            yield from self._run(opening, start)

    def _run(self, opening: Opening, start: int) -> Iterator[bytes]:
        codec = opening.codec
        before = self.produced
        self.at = opening.offset
        while not codec.eof:
            data = self._read(self.at)
            if not data:
                self.broken = "the compressed data ends early"
                return
            try:
                for piece in codec.feed(data):
                    yield from self._count(piece)
                    if self.bomb:
                        return
            except BROKEN as error:
                self.broken = str(error) or type(error).__name__
                yield from self._salvage(start, self.produced - before)
                return
            self.at += len(data)
        self.at += opening.trailer - len(codec.unused_data)
        if self.at <= start:
            self.broken = "the compressed data is empty"

    def _read(self, offset: int, size: int = PACKED_STEP) -> bytes:
        return self._source.read(offset, size if self._end is None else max(0, min(size, self._end - offset)))

    def _salvage(self, start: int, had: int) -> Iterator[bytes]:
        """What still comes out before the very byte that broke it: decoders give nothing for a step that fails."""
        opening = self._begin(self._source, start)
        if opening is None:
            return
        codec, at, out = opening.codec, opening.offset, 0
        try:
            while not codec.eof:
                data = self._read(at, PACKED_STEP if at < self.at else 1)
                for piece in codec.feed(data):
                    self._budget.check_time()
                    out += len(piece)
                    if out > had:
                        yield from self._count(piece[max(0, had - (out - len(piece))) :])
                at += len(data)
                if not data:
                    return
        except BROKEN:
            return

    def _count(self, piece: bytes) -> Iterator[bytes]:
        self.produced += len(piece)
        self.crc = zlib.crc32(piece, self.crc)
        self._budget.spend_unpacked(len(piece))
        yield piece
        packed = self.at - self._start + PACKED_STEP
        try:
            self._budget.check_ratio(packed, self.produced)
        except OutOfBudget as limit:
            self.bomb = self.broken = str(limit)
        if (
            self._repeats(piece)
            and repeats(piece[:_PATTERN_SEEN])
            and self.produced > max(BOMB_SIZE, packed * BOMB_RATIO)
        ):
            self.bomb = self.broken = f"{packed} bytes become more than {self.produced}, which repeat one pattern"

    def _repeats(self, piece: bytes) -> bool:
        if self._pattern is None:
            self._seen += piece[:_PATTERN_SEEN]
            if len(self._seen) >= _PATTERN_SEEN:
                # In a tar file, it is a member that does.
                self._pattern = repeats(self._seen) or self._seen[257:262] == b"ustar"
                self._seen = b""
        return self._pattern is True


def repeats(data: bytes) -> bool:
    """Whether the bytes are one short pattern over and over."""
    period = data.find(data[:64], 1)
    return 0 < period <= _PATTERN_MAX and data[period:] == data[:-period]


def once(codec: Callable[[], Codec], offset: int = 0) -> Begin:
    """One run at a place that is known, and no other after it."""
    return lambda _, at: Opening(codec(), at) if at == offset else None
