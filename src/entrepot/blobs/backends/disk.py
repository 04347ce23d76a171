"""Blobs as files: `blobs/ab/cd/<digest>`, read-only, linked into place once they are complete."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from entrepot.blobs.store import PIECE, Backend
from entrepot.blobs.threads import in_thread
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Corrupt, Invalid

WALK_BATCH = 1000
"""How many names a walk takes from the disk at once."""


class DiskBlobs:
    """A blob store in a folder; several processes and machines may share it."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._staging = root / "staging"
        for folder in (self._blobs, self._staging):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @classmethod
    def from_url(cls, url: str) -> "DiskBlobs":
        """The store in the folder of a `file:///…` URL."""
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost") or not parts.path:
            raise Invalid(f"a folder for blobs is written file:///path, unlike {url!r}")
        return cls(Path(unquote(parts.path)))

    @property
    def folder(self) -> Path:
        return self._staging

    async def put(self, staged: Path, digest: Digest, size: int) -> None:
        await in_thread(self._put, staged, digest, size)

    def _put(self, staged: Path, digest: Digest, size: int) -> None:
        # The order is what makes a crash harmless: durable bytes, then the name, then a durable name.
        try:
            _make_durable(staged, digest, size)
            target = self._target(digest)
            self._make_folder(target.parent)
            try:
                os.link(staged, target)
            except FileExistsError:
                if target.stat().st_size != size:
                    raise Corrupt(f"the stored blob {digest} does not have {size} bytes") from None
            _fsync_folder(target.parent)
        finally:
            staged.unlink(missing_ok=True)

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _fsync_folder(folder.parent)
        _fsync_folder(self._blobs)

    def _target(self, digest: Digest) -> Path:
        return self._blobs / digest.hex[:2] / digest.hex[2:4] / digest.hex

    def path(self, digest: Digest) -> Path | None:
        return self._target(digest)

    async def read(self, digest: Digest, start: int, end: int) -> AsyncIterator[bytes]:
        try:
            descriptor = await in_thread(os.open, self._target(digest), os.O_RDONLY)
        except FileNotFoundError:
            raise Corrupt(f"the bytes of blob {digest} are missing from the store") from None
        try:
            while start < end:
                piece = await in_thread(os.pread, descriptor, min(PIECE, end - start), start)
                if not piece:
                    raise Corrupt(f"the stored blob {digest} ends at byte {start}, before {end}")
                yield piece
                start += len(piece)
        finally:
            os.close(descriptor)

    async def size(self, digest: Digest) -> int | None:
        try:
            return (await in_thread(os.stat, self._target(digest))).st_size
        except FileNotFoundError:
            return None

    async def delete(self, digest: Digest) -> bool:
        return await in_thread(self._delete, digest)

    def _delete(self, digest: Digest) -> bool:
        target = self._target(digest)
        try:
            target.unlink()
        except FileNotFoundError:
            return False
        _fsync_folder(target.parent)
        return True

    async def walk(self) -> AsyncIterator[tuple[Digest, int]]:
        files = self._files()
        while batch := await in_thread(_take, files, WALK_BATCH):
            for item in batch:
                yield item

    def _files(self) -> Iterator[tuple[Digest, int]]:
        for folder, _, names in os.walk(self._blobs):
            for name in names:
                try:
                    yield Digest(name), os.stat(os.path.join(folder, name)).st_size
                except (FileNotFoundError, Invalid):
                    continue


def _take(files: Iterator[tuple[Digest, int]], count: int) -> list[tuple[Digest, int]]:
    return [item for _, item in zip(range(count), files, strict=False)]


def _make_durable(staged: Path, digest: Digest, size: int) -> None:
    descriptor = os.open(staged, os.O_RDONLY)
    try:
        if os.fstat(descriptor).st_size != size:
            raise Corrupt(f"what was staged as blob {digest} does not have {size} bytes")
        os.fchmod(descriptor, 0o444)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


BACKEND = Backend("file", DiskBlobs.from_url)
