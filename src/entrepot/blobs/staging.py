"""Bytes on their way in: hashed as they land, readable while they land."""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from entrepot.blobs.lanes import Batch, Lane
from entrepot.blobs.store import PIECE
from entrepot.blobs.threads import in_thread
from entrepot.blobs.writeback import begin_writeback
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import TooLarge

FLUSH_SECONDS = 0.2
"""What arrives slowly is written this soon, for those who read while it lands."""
FEW = 64
"""This many pieces are written one by one."""
WRITE_BACK = 8 << 20
"""Bytes go to the disk while more arrive, or the last step of a large file would be a long wait."""


class Hasher(Protocol):
    """What hashlib's objects can do."""

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        """Take in more."""

    def hexdigest(self) -> str:
        """The hash of all so far."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What has landed completely: the file that holds it, and what it hashes to."""

    path: Path
    size: int
    digest: Digest
    git_oid: GitOid | None
    """Git's id of a blob of these bytes; None where the size was not known beforehand."""


class Staging:
    """A folder for files that have no name yet; whatever is in it may be lost."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *, limit: int, git_size: int | None = None) -> "Arrival":
        """A new arrival of at most `limit` bytes; `git_size` asks for git's id of a blob of just that size."""
        path = self.folder / f"in-{secrets.token_hex(16)}"
        return Arrival(path, limit, git_size)

    async def take(self, pieces: AsyncIterator[bytes], *, limit: int, git_size: int | None = None) -> Landed:
        """All of the pieces, landed; what came of a broken stream is removed. Raises `TooLarge`."""
        arrival = self.start(limit=limit, git_size=git_size)
        try:
            async for piece in pieces:
                await arrival.write(piece)
            return await arrival.finish()
        except BaseException:
            await arrival.discard()
            raise


def _nobody(landed: int) -> None:
    """Nobody watches."""


class Arrival:
    """One file on its way in. Pieces are gathered to 1 MiB, then written and hashed, each in a lane of its own."""

    def __init__(self, path: Path, limit: int, git_size: int | None, *, resume: bool = False) -> None:
        self.path = path
        self.watcher: Callable[[int], None] = _nobody
        """Told how many bytes can be read from `path`, whenever that is more."""
        self._limit = limit
        self._gathered: list[bytes] = []
        self._gathered_size = 0
        self._flushed_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._descriptor = _open(path, resume)
        self.landed = self.size = self._unhashed = os.lseek(self._descriptor, 0, os.SEEK_END)
        """`landed` is how many bytes can be read from `path` by now, `size` how many have been sent."""
        self._written_back = self.landed
        self._hashers = _hashers(git_size)
        self._writing = Lane(self._write, lambda: self.watcher(self.landed))
        self._hashing = Lane(self._hash)
        self._turn = asyncio.Lock()
        """Both lanes get the batches in the same order, also when a late flush and a write meet."""
        self._late: asyncio.Future[None] | None = None

    async def catch_up(self) -> None:
        """Hash what an earlier arrival left; comes before the first `write` after `resume`."""
        await in_thread(self._hash_what_is_there)

    def _hash_what_is_there(self) -> None:
        at = 0
        while at < self._unhashed:
            data = os.pread(self._descriptor, min(PIECE, self._unhashed - at), at)
            if not data:
                raise OSError(f"{self.path} has become shorter")
            self._hash([data])
            at += len(data)

    async def write(self, piece: bytes) -> None:
        """Take the next piece; waits while a lane is behind. Raises `TooLarge`, and `OSError` for a full disk."""
        if self.size + len(piece) > self._limit:
            raise TooLarge(f"more than {self._limit} bytes were sent")
        self.size += len(piece)
        self._gathered_size += len(piece)
        self._gathered.append(piece)
        loop = asyncio.get_running_loop()
        if self._gathered_size >= PIECE or loop.time() - self._flushed_at > FLUSH_SECONDS:
            await self.flush()
        elif self._timer is None:
            self._timer = loop.call_later(FLUSH_SECONDS, self._flush_late)

    def _flush_late(self) -> None:
        self._timer = None
        self._late = asyncio.ensure_future(self.flush())
        # What it meets, the next write or the end meets as well.
        self._late.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def flush(self) -> None:
        """See to it that all so far is being written and hashed."""
        pieces, self._gathered, self._gathered_size = self._gathered, [], 0
        if not pieces:
            return
        self._flushed_at = asyncio.get_running_loop().time()
        # Crumbs are cheaper joined; for anything larger, one copy less is a good part of the whole cost.
        batch = pieces if len(pieces) <= FEW else [b"".join(pieces)]
        async with self._turn:
            await self._writing.put(batch)
            await self._hashing.put(batch)

    def _write(self, batch: Batch) -> None:
        for data in batch:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            self.landed += len(data)
        if self.landed - self._written_back >= WRITE_BACK:
            begin_writeback(self._descriptor, self._written_back, self.landed - self._written_back)
            self._written_back = self.landed

    def _hash(self, batch: Batch) -> None:
        for data in batch:
            for hasher in self._hashers:
                hasher.update(data)

    async def finish(self) -> Landed:
        """What has landed, hashed whole. The file is not yet durable: `BlobStore.put` sees to that."""
        await self._flushed_late()
        await self.flush()
        await self._writing.settle()
        await self._hashing.settle()
        self._close()
        git = GitOid(self._hashers[1].hexdigest()) if len(self._hashers) > 1 else None
        return Landed(self.path, self.size, Digest(self._hashers[0].hexdigest()), git)

    async def leave(self, *, worth_keeping: bool = True) -> None:
        """Stop here, and leave what has landed for another arrival to resume, where that is worth it."""
        self._gathered.clear()
        await self._flushed_late()
        for lane in (self._writing, self._hashing):
            with contextlib.suppress(OSError):  # whoever wrote has met it
                await lane.settle()
        self._close()
        if not worth_keeping:
            self.path.unlink(missing_ok=True)

    async def discard(self) -> None:
        """Give it up; nothing is left behind. Harmless after `finish`, once the file has been taken over."""
        await self.leave(worth_keeping=False)

    async def _flushed_late(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._late is not None:
            await asyncio.wait([self._late])

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _open(path: Path, resume: bool) -> int:
    if not resume:
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except PermissionError:
        # Complete and already made read-only: its arrival was stopped between two steps of `BlobStore.put`.
        return os.open(path, os.O_RDONLY)


def _hashers(git_size: int | None) -> list[Hasher]:
    hashers: list[Hasher] = [hashlib.sha256()]
    if git_size is not None:
        hashers.append(hashlib.sha1(b"blob %d\0" % git_size, usedforsecurity=False))
    return hashers
