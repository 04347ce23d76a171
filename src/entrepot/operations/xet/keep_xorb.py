"""Keep a xorb: take it in, verify every chunk of it, store it, and remember who sent it."""

import hashlib
import mmap
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from entrepot.blobs.staging import Landed
from entrepot.blobs.threads import in_thread
from entrepot.catalog import blobs, xorbs
from entrepot.catalog.xorbs import NewXorb
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid, TooLarge
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket, require_to_write
from entrepot.xet.merkle import XetHash
from entrepot.xet.shard import eligible_chunks
from entrepot.xet.xorb import MAX_UPLOAD, XorbIndex, verify


async def keep_xorb(registry: Registry, ticket: Ticket, xorb: XetHash, pieces: AsyncIterator[bytes]) -> bool:
    """Whether the xorb is news to the repository; in either case it is kept once this returns.

    Raises `Invalid` where the bytes are not that xorb. What other repositories were sent makes no difference to the
    answer, or anybody could ask what is there.
    """
    repository = (await require_to_write(registry, ticket)).repository
    known = await registry.database.read(xorbs.is_sent, repository.row.id, xorb)
    if known is not None and await registry.blobs.size(known.digest) == known.size:
        await _drain(pieces)
        await registry.database.write(xorbs.touch, [known.id])
        return False
    landed = await registry.staging.take(pieces, limit=MAX_UPLOAD)
    try:
        async with registry.xet.verifying:
            index = await in_thread(_verify, landed.path, xorb)
            landed = await in_thread(_without_footer, landed, index.physical_size)
        return await _keep(registry, repository.row.id, index, landed)
    finally:
        landed.path.unlink(missing_ok=True)


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > MAX_UPLOAD:
            raise TooLarge(f"a xorb has at most {MAX_UPLOAD} bytes")


def _verify(path: Path, xorb: XetHash) -> XorbIndex:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if not os.fstat(descriptor).st_size:
            raise Invalid(f"xorb {xorb} has no bytes")
        return verify(memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)), xorb)
    finally:
        os.close(descriptor)


def _without_footer(landed: Landed, size: int) -> Landed:
    """What landed, cut to its chunks; clients send no footer, so that hashing again is the exception."""
    if landed.size == size:
        return landed
    os.truncate(landed.path, size)
    with open(landed.path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return replace(landed, size=size, digest=Digest(digest))


async def _keep(registry: Registry, repository_id: int, index: XorbIndex, landed: Landed) -> bool:
    known = await registry.database.read(xorbs.find, index.hash)
    is_stored = known is not None and await registry.blobs.size(known.digest) == known.size
    blob_id = 0
    if not is_stored:
        blob = await registry.database.write(blobs.announce, landed.digest, landed.size)
        await registry.blobs.put(landed.path, landed.digest, landed.size)
        blob_id = blob.id
    new = NewXorb(index.hash, blob_id, index.to_bytes(), index.unpacked_size, eligible_chunks(index))
    if known is not None and not is_stored:
        await registry.database.write(xorbs.replace_bytes, new)
    return await registry.database.write(xorbs.keep, repository_id, new)
