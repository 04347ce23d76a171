"""Commit a shard: the files that it lists are what their chunks make of them, and may be named from now on.

Two steps, so that a refusal of the first is an answer of its own: `check` what is announced, then `record` it once the
content was read.
"""

import hashlib
import mmap
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from entrepot.blobs import chunks
from entrepot.blobs.threads import in_thread
from entrepot.catalog import blobs, terms
from entrepot.catalog.terms import NewFile, NewTerm, TermRow
from entrepot.catalog.xorbs import XorbRow
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid, TooLarge
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket, require_to_write
from entrepot.operations.xet.chunked import indexes_of, parts
from entrepot.operations.xet.reach import usable
from entrepot.repositories import Repository
from entrepot.xet import shard
from entrepot.xet.assembly import AnnouncedFile, Verification
from entrepot.xet.merkle import NO_CHUNKS, XetHash
from entrepot.xet.shard import Shard

TERMS_AT_ONCE = 64
"""How many terms are verified together: their xorbs' indexes are in memory meanwhile."""
MAX_TERMS = 1 << 20
"""A file in more pieces than this was cut up to do harm; it would take long to read, for everybody."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A shard whose files are what it says of them, as far as their chunks' hashes tell."""

    repository: Repository
    files: tuple[AnnouncedFile, ...]
    xorbs: Mapping[XetHash, XorbRow]


@dataclass(slots=True)
class Progress:
    """How far the work has come, for somebody who waits."""

    total: int
    verified: int = 0
    is_committing: bool = False


async def check(registry: Registry, ticket: Ticket, pieces: AsyncIterator[bytes]) -> Announcement:
    """What a shard announces, its chunks' hashes verified.

    Raises `Invalid`, which names what is wrong: a xorb that is not here, or a file that its chunks do not make.
    """
    place = await require_to_write(registry, ticket)
    landed = await registry.staging.take(pieces, limit=shard.MAX_SHARD)
    try:
        async with registry.xet.reading:
            found = await in_thread(_parse, landed.path)
            wanted = {term.xorb for file in found.files for term in file.terms}
            here = await usable(registry, ticket, place, wanted)
            await _require_bytes(registry, wanted, here)
            for file in found.files:
                await _verify(registry, file, here)
        return Announcement(place.repository, found.files, here)
    finally:
        landed.path.unlink(missing_ok=True)


def _parse(path: Path) -> Shard:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if not os.fstat(descriptor).st_size:
            raise Invalid("the shard is empty")
        return shard.parse(memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)))
    finally:
        os.close(descriptor)


async def _require_bytes(registry: Registry, wanted: set[XetHash], here: Mapping[XetHash, XorbRow]) -> None:
    for xorb in sorted(wanted):
        row = here.get(xorb)
        if row is None or await registry.blobs.size(row.digest) != row.size:
            raise Invalid(f"xorb {xorb} is not here; send it, then the shard again")


async def _verify(registry: Registry, file: AnnouncedFile, here: Mapping[XetHash, XorbRow]) -> None:
    limit = registry.settings.max_file_bytes
    if file.size > limit:
        raise TooLarge(f"file {file.hash} has {file.size} bytes, more than the {limit} that one file may have")
    if len(file.terms) > MAX_TERMS:
        raise TooLarge(f"file {file.hash} has {len(file.terms)} terms, and {MAX_TERMS} is the limit")
    verification = Verification(file)
    rows = _rows(file, here)
    for start in range(0, len(rows), TERMS_AT_ONCE):
        batch = rows[start : start + TERMS_AT_ONCE]
        indexes = await indexes_of(registry, batch)
        by_hash = {row.xorb: indexes[row.xorb_id] for row in batch}
        await in_thread(verification.add, len(batch), by_hash)
    await in_thread(verification.finish)


def _rows(file: AnnouncedFile, here: Mapping[XetHash, XorbRow]) -> Sequence[TermRow]:
    rows, offset = [], 0
    for term in file.terms:
        xorb = here[term.xorb]
        rows.append(TermRow(offset, term.length, xorb.id, xorb.hash, xorb.digest, term.start, term.end))
        offset += term.length
    return rows


async def record(registry: Registry, announcement: Announcement, progress: Progress) -> list[Blob]:
    """The blobs of the announced files, which a commit to the repository may name from now on.

    Raises `Invalid` where the content of one does not have the SHA-256 that the client claims, and `NotReady` where
    chunks were collected meanwhile. Doing it again changes nothing.
    """
    new: list[NewFile] = []
    for file in announcement.files:
        async with registry.xet.reading:
            digest = await _digest(registry, file, announcement.xorbs)
        if file.sha256 not in (None, digest):
            raise Invalid(
                f"file {file.hash} was announced with the SHA-256 {file.sha256}, but its content has {digest}"
            )
        new.append(await _new_file(registry, file, digest, announcement.xorbs))
        progress.verified += 1
    progress.is_committing = True
    return await registry.database.write(terms.record, announcement.repository.row.id, new)


async def _digest(registry: Registry, file: AnnouncedFile, here: Mapping[XetHash, XorbRow]) -> Digest:
    """The SHA-256 of the file's content; read once, unless a blob is known to be this very file."""
    for blob in await registry.database.read(blobs.find_by_xet, file.hash.text):
        if blob.size == file.size:
            return blob.digest
    hasher = hashlib.sha256()
    rows = _rows(file, here)
    await chunks.feed(registry.blobs, parts(registry, rows), hasher.update)
    return Digest(hasher.hexdigest())


async def _new_file(
    registry: Registry, file: AnnouncedFile, digest: Digest, here: Mapping[XetHash, XorbRow]
) -> NewFile:
    known = await registry.database.read(blobs.find, digest)
    is_plain = known is not None and not known.chunked and await registry.blobs.size(digest) == file.size
    plain_id = known.id if known is not None and is_plain else None
    new = tuple(NewTerm(here[term.xorb].id, term.start, term.end, term.length) for term in file.terms)
    return NewFile(digest, file.size, file.hash, new, await _first_chunk(registry, file, here), plain_id)


async def _first_chunk(registry: Registry, file: AnnouncedFile, here: Mapping[XetHash, XorbRow]) -> XetHash | None:
    if file.hash == NO_CHUNKS:
        return None
    (first,) = _rows(replace(file, terms=file.terms[:1]), here)
    return (await indexes_of(registry, [first]))[first.xorb_id].chunk_hash(first.start)
