"""Bytes on their way in: hashed as they land, readable while they land."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from entrepot.blobs.store import PIECE
from entrepot.blobs.threads import in_thread
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import TooLarge


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


class Arrival:
    """One file on its way in. Pieces are gathered to 1 MiB, then written and hashed side by side."""

    def __init__(self, path: Path, limit: int, git_size: int | None) -> None:
        self.path = path
        self.size = 0
        self._limit = limit
        self._gathered: list[bytes] = []
        self._waiting = 0
        self._at_work: asyncio.Future[None] | None = None
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        self._hashers = _hashers(git_size)

    @property
    def landed(self) -> int:
        """How many bytes can be read from `path` by now."""
        return self.size - self._waiting - (0 if self._at_work is None or self._at_work.done() else PIECE)

    async def write(self, piece: bytes) -> None:
        """Take the next piece; waits while the one before the last is still being worked on. Raises `TooLarge`."""
        self.size += len(piece)
        self._waiting += len(piece)
        if self.size > self._limit:
            raise TooLarge(f"more than {self._limit} bytes were sent")
        self._gathered.append(piece)
        if self._waiting >= PIECE:
            await self._flush()

    async def _flush(self) -> None:
        pieces, self._gathered, self._waiting = self._gathered, [], 0
        if self._at_work is not None:
            await self._at_work
        self._at_work = asyncio.ensure_future(in_thread(self._absorb, pieces))

    def _absorb(self, pieces: list[bytes]) -> None:
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        for hasher in self._hashers:
            hasher.update(data)

    async def finish(self) -> Landed:
        """What has landed, hashed whole. The file is not yet durable: `BlobStore.put` sees to that."""
        if self._gathered:
            await self._flush()
        if self._at_work is not None:
            await self._at_work
        os.close(self._descriptor)
        self._descriptor = -1
        git = GitOid(self._hashers[1].hexdigest()) if len(self._hashers) > 1 else None
        return Landed(self.path, self.size, Digest(self._hashers[0].hexdigest()), git)

    async def discard(self) -> None:
        """Give it up; nothing is left behind. Harmless after `finish`, once the file has been taken over."""
        if self._at_work is not None:
            await asyncio.wait([self._at_work])
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self.path.unlink(missing_ok=True)


def _hashers(git_size: int | None) -> list[Hasher]:
    hashers: list[Hasher] = [hashlib.sha256()]
    if git_size is not None:
        hashers.append(hashlib.sha1(b"blob %d\0" % git_size, usedforsecurity=False))
    return hashers
