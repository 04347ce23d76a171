"""Stored: a source for a blob whose bytes the store has, whatever form they are kept in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from entrepot.blobs.store import BlobStore
from entrepot.domain.content import Blob
from entrepot.operations.registry import Registry
from entrepot.operations.source import Source
from entrepot.operations.xet.chunked import ChunkedSource


@dataclass(frozen=True, slots=True)
class PlainSource:
    """A blob that is a file of its own in the store."""

    blobs: BlobStore
    blob: Blob

    @property
    def path(self) -> Path | None:
        """The store's file, where the store has files."""
        return self.blobs.path(self.blob.digest)

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`, in pieces."""
        return self.blobs.read(self.blob.digest, start, end)


async def stored(registry: Registry, blob: Blob) -> Source:
    """Where the blob's bytes come from."""
    if blob.chunked:
        return ChunkedSource(registry, blob)
    return PlainSource(registry.blobs, blob)
