"""Packing: git objects written into one pack, which waits in a nameless file until it has been sent."""

import hashlib
import os
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from entrepot.blobs.threads import in_thread
from entrepot.domain.errors import TooLarge
from entrepot.domain.git import Kind

MAX_PACK = 8 << 30
"""Large files are not in packs; a pack over this size is no model."""
GATHERED = 1 << 20
PIECE = 256 << 10

_TYPES: dict[Kind, int] = {"commit": 1, "tree": 2, "blob": 3}


class Pack:
    """A pack, version 2, of whole objects; see git's gitformat-pack."""

    def __init__(self, folder: Path, count: int) -> None:
        self._descriptor, path = tempfile.mkstemp(prefix="in-", dir=folder)
        Path(path).unlink()
        self._hasher = hashlib.sha1(usedforsecurity=False)
        self._gathered: list[tuple[Kind, bytes]] = []
        self._waiting = 0
        self.size = 0
        self._write(b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big"))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._hasher.update(data)
        self.size += len(data)

    async def add(self, kind: Kind, data: bytes) -> None:
        """Put one more object in; raises `TooLarge`."""
        self._gathered.append((kind, data))
        self._waiting += len(data)
        if self._waiting >= GATHERED:
            await self._flush()

    async def _flush(self) -> None:
        gathered, self._gathered, self._waiting = self._gathered, [], 0
        await in_thread(self._write_objects, gathered)
        if self.size > MAX_PACK:
            raise TooLarge(f"this would be a pack of more than {MAX_PACK} bytes; clone it with --depth 1")

    def _write_objects(self, objects: Iterable[tuple[Kind, bytes]]) -> None:
        for kind, data in objects:
            self._write(_entry_header(_TYPES[kind], len(data)))
            self._write(zlib.compress(data, 1))

    async def finish(self) -> None:
        """Close the pack with its checksum; comes after the last object."""
        await self._flush()
        await in_thread(self._write, self._hasher.digest())

    async def read(self) -> AsyncIterator[bytes]:
        """The whole pack, in pieces."""
        at = 0
        while piece := await in_thread(os.pread, self._descriptor, PIECE, at):
            yield piece
            at += len(piece)

    def close(self) -> None:
        """Let go of it; nothing is left behind."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _entry_header(kind: int, size: int) -> bytes:
    first, size = (kind << 4) | (size & 15), size >> 4
    header = bytearray()
    while size:
        header.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    header.append(first)
    return bytes(header)
