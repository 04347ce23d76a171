"""Ingest: see to it that a file's bytes can be had, by fetching them where they are not stored yet."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from entrepot.blobs.staging import Landed
from entrepot.catalog import upstream
from entrepot.domain.content import Blob, File, Revision
from entrepot.domain.errors import NotReady, TooLarge
from entrepot.domain.report import UNREAD, Report
from entrepot.operations.fetching import Order
from entrepot.operations.flight import HELD_BACK, Flight
from entrepot.operations.gate import Source
from entrepot.operations.publish import keep
from entrepot.operations.registry import Registry
from entrepot.operations.stored import stored
from entrepot.repositories import Repository

NAMING_PAUSES = (0.5, 1, 2, 4, 8)
"""Seconds between attempts to name what is stored already, while the database is away."""


@dataclass(frozen=True, slots=True)
class FlightSource:
    """A file that is still landing, or has landed meanwhile."""

    registry: Registry
    flight: Flight

    @property
    def path(self) -> Path | None:
        """The stored file, once there is one."""
        blob = self.flight.blob
        return None if blob is None or blob.chunked else self.registry.blobs.path(blob.digest)

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`, as they land."""
        async for piece in self.flight.read(start, end):
            yield piece
            start += len(piece)
        if start < end and self.flight.blob is not None:
            source = await stored(self.registry, self.flight.blob)
            async for piece in source.read(start, end):
                yield piece


async def ingest(
    registry: Registry, repository: Repository, revision: Revision, file: File
) -> tuple[File, Source, Report]:
    """The file with where its bytes come from, stored or still landing, and what a scan says of them.

    Raises `UpstreamError` where they can't be fetched, `NotReady` where they can't be kept, and `Corrupt` where
    upstream sends other bytes than it promised.
    """
    if file.blob is None:
        file = await _known(registry, repository, revision, file)
    if file.blob is not None:
        return file, await stored(registry, file.blob), UNREAD
    flight = _board(registry, repository, revision, file)
    # Once bytes flow an error can only cut them off, so wait for the first; what is small arrives whole before.
    await flight.reach(0 if file.size > HELD_BACK else file.size)
    if flight.blob is not None:
        return replace(file, blob=flight.blob), await stored(registry, flight.blob), UNREAD
    return file, FlightSource(registry, flight), UNREAD


async def _known(registry: Registry, repository: Repository, revision: Revision, file: File) -> File:
    """The file with its blob, where this repository has the same file already."""
    blob = await registry.database.read(upstream.find_blob, repository.row.id, file)
    if blob is None:
        return file
    try:
        return replace(file, blob=await _name(registry, revision, file, blob))
    except NotReady:
        return file


async def _name(registry: Registry, revision: Revision, file: File, blob: Blob) -> Blob:
    return await registry.database.write(upstream.point, revision.package.id, revision.commit, file, blob.id)


def _board(registry: Registry, repository: Repository, revision: Revision, file: File) -> Flight:
    if file.size > registry.settings.max_file_bytes:
        raise TooLarge(f"{file.path} has more than the {registry.settings.max_file_bytes} bytes that one file may have")

    async def fetch(start: int) -> AsyncGenerator[bytes, None]:
        async with aclosing(repository.fetch(revision, file, start)) as pieces:
            async for piece in pieces:
                yield piece

    async def find() -> Blob | None:
        return await registry.database.read(upstream.find_blob, repository.row.id, file)

    async def store(landed: Landed) -> Blob:
        blob = await keep(registry, landed)
        for pause in NAMING_PAUSES:
            try:
                return await _name(registry, revision, file, blob)
            except NotReady:
                await asyncio.sleep(pause)
        return await _name(registry, revision, file, blob)

    label = f"{repository.row.key}/{revision.package.name}@{revision.commit}:{file.path}"
    return registry.flights.board(_key(repository, file), Order(file, label, fetch, find, store))


def _key(repository: Repository, file: File) -> str:
    # By repository as well: one upstream must never answer for another.
    return hashlib.sha256(f"{repository.row.key}\0{file.etag}\0{file.size}".encode()).hexdigest()
