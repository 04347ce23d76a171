"""Woven: a virtual xorb's bytes, its headers woven in between the bytes of the file while they are sent."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from entrepot.blobs.threads import in_thread
from entrepot.domain.errors import Corrupt
from entrepot.operations.source import Source
from entrepot.xet import virtual
from entrepot.xet.virtual import Batch, VirtualXorb

CHUNKS = 2
"""How many chunks are woven at once: 256 KiB, which stay in the processor's cache, and in memory for each client."""
_NOWAIT = getattr(os, "RWF_NOWAIT", 0)  # Linux alone can say that a read would have to wait


@dataclass(frozen=True, slots=True)
class WovenSource:
    """The physical bytes of a virtual xorb; there is no file that has them."""

    xorb: VirtualXorb
    source: Source

    @property
    def path(self) -> Path | None:
        """None: the bytes have to be put together."""
        return None

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`, in pieces of some 256 KiB."""
        if start >= end:
            return
        batches = virtual.batches(virtual.segments(self.xorb, start, end - 1), CHUNKS)
        path = self.source.path
        pieces = self._woven(batches) if path is None else _woven_from_file(path, batches)
        async for piece in pieces:
            yield piece

    async def _woven(self, batches: Iterator[Batch]) -> AsyncIterator[bytes]:
        planned = list(batches)
        bounds = [(batch.offset, batch.offset + batch.length) for batch in planned if batch.length]
        first, end = (bounds[0][0], bounds[-1][1]) if bounds else (0, 0)
        held = _Held(self.source.read(first, end))
        try:
            for batch in planned:
                yield batch.weave(await held.take(batch.length))
        finally:
            await held.close()


class _Held:
    """Pieces of any length, handed out in the lengths that are asked for."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    async def take(self, length: int) -> bytes:
        """The next bytes, exactly so many; raises `Corrupt` where they end early."""
        parts = [self._rest]
        have = len(self._rest)
        while have < length:
            piece = await anext(self._pieces, None)
            if piece is None:
                raise Corrupt(f"a file's bytes end {length - have} too early")
            parts.append(piece)
            have += len(piece)
        data = b"".join(parts) if parts[0] or len(parts) != 2 else parts[1]
        self._rest = data[length:]
        return data[:length]

    async def close(self) -> None:
        """Tell whoever makes the pieces that no more are wanted."""
        if isinstance(self._pieces, AsyncGenerator):
            await self._pieces.aclose()


async def _woven_from_file(path: Path, batches: Iterator[Batch]) -> AsyncIterator[bytes]:
    descriptor = await in_thread(os.open, path, os.O_RDONLY)
    buffer = memoryview(bytearray(CHUNKS * virtual.CHUNK))
    try:
        for batch in batches:
            window = buffer[: batch.length]
            count = _at_hand(descriptor, window, batch.offset)
            if count != batch.length:
                count = await in_thread(os.preadv, descriptor, [window], batch.offset)
            if count != batch.length:
                raise Corrupt(f"the file {path.name} ends before byte {batch.offset + batch.length}")
            yield batch.weave(window)
    finally:
        os.close(descriptor)


def _at_hand(descriptor: int, window: memoryview, offset: int) -> int:
    """How many bytes were read because the system has them in memory: then a hop to a thread would cost more."""
    if not _NOWAIT:
        return 0
    try:
        return os.preadv(descriptor, [window], offset, _NOWAIT)
    except OSError:
        return 0
