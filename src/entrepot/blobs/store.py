"""BlobStore: the small contract that every place for bytes keeps. Write once, read many."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from entrepot.domain.digest import Digest

PIECE = 1 << 20
"""Bytes move in pieces of 1 MiB: large enough that Python's share per byte is small, small enough for memory."""


class BlobStore(Protocol):
    """Keeps blobs under their digest. Nothing in it is ever overwritten, so readers need no lock."""

    async def put(self, staged: Path, digest: Digest, size: int) -> None:
        """Take over a staged, complete, verified file; durable once this returns.

        The staged name is gone afterwards. A blob that is there already stays as it is. Raises `Corrupt` where the
        staged file does not have that size.
        """

    def read(self, digest: Digest, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`, in pieces; raises `Corrupt` where they are missing."""

    async def size(self, digest: Digest) -> int | None:
        """How many bytes it has; None where the store does not have it."""

    async def delete(self, digest: Digest) -> bool:
        """Remove it for good; whether it was there. Only the collector calls this, on what is condemned."""

    def walk(self) -> AsyncIterator[tuple[Digest, int]]:
        """Every blob there is with its size, in no particular order."""

    def path(self, digest: Digest) -> Path | None:
        """The file of this machine that has exactly these bytes, for the system to send; None where there is none."""

    @property
    def folder(self) -> Path:
        """Where files are staged for it: on the same file system, where there is one."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One kind of place for bytes: the scheme of its URLs and what opens one."""

    scheme: str
    open: Callable[[str], BlobStore]
