"""Blobs kept as chunks in xorbs: any range of one, put together in pieces of about 1 MiB."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from entrepot.blobs.store import PIECE, BlobStore
from entrepot.blobs.threads import in_thread
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Corrupt
from entrepot.xet import xorb
from entrepot.xet.xorb import XorbIndex


@dataclass(frozen=True, slots=True)
class Part:
    """A range of a xorb's chunks (`end` excluded) that is the next part of a blob."""

    xorb: Digest
    """The blob that has the xorb's bytes."""
    index: XorbIndex
    start: int
    end: int

    @property
    def length(self) -> int:
        """Bytes, unpacked."""
        return self.index.unpacked_length(self.start, self.end)


@dataclass(frozen=True, slots=True)
class _Job:
    """Chunks that are unpacked at once: about a piece; of what comes out, `take` bytes after the first `drop`."""

    part: Part
    drop: int
    take: int

    @property
    def stored(self) -> tuple[int, int]:
        """Where their stored bytes begin and end."""
        return self.part.index.physical_range(self.part.start, self.part.end)


async def read(store: BlobStore, parts: AsyncIterator[Part], start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from `start` up to and not including `end`, counted from the first part's beginning.

    Only chunks that hold some of them are read and unpacked; the piece after the one that is handed out is made
    meanwhile. Raises `Corrupt` where stored bytes are missing, or not what the index says of them.
    """
    ahead: asyncio.Task[bytes] | None = None
    try:
        async for job in _jobs(parts, start, end):
            ready, ahead = ahead, asyncio.ensure_future(_piece(store, job))
            if ready is not None:
                yield await ready
        if ahead is not None:
            yield await ahead
    finally:
        if ahead is not None:
            ahead.cancel()


async def feed(store: BlobStore, parts: AsyncIterator[Part], take: Callable[[bytes | memoryview], object]) -> None:
    """Hand all the bytes to `take`, in order, in a thread; a chunk is gone once `take` returns.

    For who computes over the whole blob: nothing is put together, so that each byte is touched once.
    """
    async for part in parts:
        path = store.path(part.xorb)
        for job in _pieces(part, 0, part.length) if path is None else ():
            await in_thread(take, await _piece(store, job))
        if path is not None:
            await in_thread(_feed_file, path, part, take)


def _feed_file(path: Path, part: Part, take: Callable[[bytes | memoryview], object]) -> None:
    jobs = list(_pieces(part, 0, part.length))
    spans = [job.stored for job in jobs]
    buffer = memoryview(bytearray(max(last - first for first, last in spans)))
    descriptor = _open(path)
    try:
        for job, (first, last) in zip(jobs, spans, strict=True):
            count = os.preadv(descriptor, [buffer[: last - first]], first)
            for chunk in xorb.unpack(buffer[:count], part.index, job.part.start, job.part.end):
                take(chunk)
    finally:
        os.close(descriptor)


async def _jobs(parts: AsyncIterator[Part], start: int, end: int) -> AsyncIterator[_Job]:
    position = 0
    async for part in parts:
        first, last = max(start - position, 0), min(end - position, part.length)
        position += part.length
        if first < last:
            for job in _pieces(part, first, last):
                yield job
    if position < end:
        raise Corrupt(f"a blob's chunks end at byte {position}, before {end}")


def _pieces(part: Part, first: int, last: int) -> Iterator[_Job]:
    """The part's bytes from `first` up to `last`, cut where chunks begin."""
    index, base = part.index, part.index.unpacked_start(part.start)
    while first < last:
        start = index.chunk_at(base + first)
        end = index.chunk_at(base + min(first + PIECE, last) - 1) + 1
        drop = base + first - index.unpacked_start(start)
        take = min(index.unpacked_start(end) - base, last) - first
        yield _Job(Part(part.xorb, index, start, end), drop, take)
        first += take


async def _piece(store: BlobStore, job: _Job) -> bytes:
    path = store.path(job.part.xorb)
    if path is not None:
        return await in_thread(_unpack_file, path, job)
    stored = [piece async for piece in store.read(job.part.xorb, *job.stored)]
    return await in_thread(_unpack, b"".join(stored), job)


def _unpack_file(path: Path, job: _Job) -> bytes:
    first, last = job.stored
    descriptor = _open(path)
    try:
        stored = os.pread(descriptor, last - first, first)
    finally:
        os.close(descriptor)
    return _unpack(stored, job)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise Corrupt(f"the bytes of blob {path.name} are missing from the store") from None


def _unpack(stored: bytes, job: _Job) -> bytes:
    part = job.part
    data = b"".join(xorb.unpack(stored, part.index, part.start, part.end))
    return data if job.take == len(data) else data[job.drop : job.drop + job.take]
