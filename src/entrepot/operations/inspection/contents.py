"""Where the scanner reads from: a stored blob, or a file that still lies upstream."""

import time
from collections import OrderedDict
from contextlib import aclosing
from pathlib import Path

from entrepot.domain.content import Blob, File, Revision
from entrepot.operations.inspection.crew import BudgetSpent
from entrepot.operations.source import Source
from entrepot.repositories import Repository

BLOCK = 64 << 10
"""Bytes that are asked of upstream at least, so that a hundred small reads are one request."""
KEPT_BLOCKS = 64


class BytesContent:
    """A small file that is in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self._data)

    @property
    def path(self) -> Path | None:
        """None: it is no file."""
        return None

    async def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`."""
        return self._data[offset : offset + size]


class StoredContent:
    """A blob of the store, whatever form it is kept in."""

    def __init__(self, blob: Blob, source: Source) -> None:
        self._blob = blob
        self._source = source

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self._blob.size

    @property
    def path(self) -> Path | None:
        """The store's file, where it has one with exactly these bytes."""
        return self._source.path

    async def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`."""
        end = min(self._blob.size, offset + size)
        return b"".join([piece async for piece in self._source.read(offset, end)]) if offset < end else b""


class UpstreamContent:
    """A file as upstream shows it, by ranges; what comes is not verified, and counted."""

    def __init__(self, repository: Repository, revision: Revision, file: File, budget: tuple[int, float]) -> None:
        """`budget`: how many bytes may be fetched, and for how many seconds."""
        self._repository, self._revision, self._file = repository, revision, file
        self._left, seconds = budget
        self._deadline = time.monotonic() + seconds
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self.fetched = 0

    @property
    def size(self) -> int:
        """Bytes in all, as upstream promised."""
        return self._file.size

    @property
    def path(self) -> Path | None:
        """None: it is not here."""
        return None

    async def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; raises `BudgetSpent` and `UpstreamError`."""
        end = min(self._file.size, offset + size)
        if offset >= end:
            return b""
        first, last = offset // BLOCK, (end - 1) // BLOCK
        missing = [block for block in range(first, last + 1) if block not in self._blocks]
        if missing:
            await self._fetch(missing[0], missing[-1] + 1, keep=range(first, last + 1))
        data = b"".join(self._blocks[block] for block in range(first, last + 1))
        return data[offset - first * BLOCK : end - first * BLOCK]

    async def _fetch(self, first: int, stop: int, keep: range) -> None:
        start, end = first * BLOCK, min(stop * BLOCK, self._file.size)
        if end - start > self._left or time.monotonic() > self._deadline:
            raise BudgetSpent(f"{self._file.path} takes more than a glance")
        data = await self._range(start, end)
        self._left -= len(data)
        for block in range(first, stop):
            self._blocks[block] = data[(block - first) * BLOCK : (block - first + 1) * BLOCK]
        for block in [block for block in self._blocks if block not in keep][: max(0, len(self._blocks) - KEPT_BLOCKS)]:
            del self._blocks[block]

    async def _range(self, start: int, end: int) -> bytes:
        gathered = bytearray()
        async with aclosing(self._repository.fetch(self._revision, self._file, start, end)) as pieces:
            async for piece in pieces:
                gathered += piece
                self.fetched += len(piece)
        return bytes(gathered[: end - start])
