"""Blobs in this process's memory: a real store that forgets, for trying things out."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from entrepot.blobs.store import PIECE, Backend
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Corrupt


class MemoryBlobs:
    """A blob store that ends with its process."""

    def __init__(self) -> None:
        self._blobs: dict[Digest, bytes] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="entrepot-staging-")

    @classmethod
    def from_url(cls, url: str) -> "MemoryBlobs":
        """A new, empty store; the URL is `memory:`."""
        return cls()

    @property
    def folder(self) -> Path:
        return Path(self._folder.name)

    async def put(self, staged: Path, digest: Digest, size: int) -> None:
        data = staged.read_bytes()
        staged.unlink()
        if len(data) != size:
            raise Corrupt(f"what was staged as blob {digest} does not have {size} bytes")
        self._blobs.setdefault(digest, data)

    async def read(self, digest: Digest, start: int, end: int) -> AsyncIterator[bytes]:
        if digest not in self._blobs:
            raise Corrupt(f"the bytes of blob {digest} are missing from the store")
        if end > len(self._blobs[digest]):
            raise Corrupt(f"the stored blob {digest} ends before byte {end}")
        for at in range(start, end, PIECE):
            yield self._blobs[digest][at : min(at + PIECE, end)]

    async def size(self, digest: Digest) -> int | None:
        data = self._blobs.get(digest)
        return None if data is None else len(data)

    async def delete(self, digest: Digest) -> bool:
        return self._blobs.pop(digest, None) is not None

    async def walk(self) -> AsyncIterator[tuple[Digest, int]]:
        for digest, data in list(self._blobs.items()):
            yield digest, len(data)

    def path(self, digest: Digest) -> Path | None:
        return None


BACKEND = Backend("memory", MemoryBlobs.from_url)
