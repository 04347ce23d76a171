"""Ingest: see to it that a file's bytes can be had and were looked at, by fetching what is not stored yet."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from entrepot.blobs.staging import Landed
from entrepot.catalog import upstream
from entrepot.domain.content import Blob, File, Revision
from entrepot.domain.errors import Held, NotReady, TooLarge
from entrepot.domain.report import UNREAD, Report
from entrepot.operations.case import Case
from entrepot.operations.fetching import Order
from entrepot.operations.flight import HELD_BACK, Flight
from entrepot.operations.inspection.inspect import PATIENCE_SECONDS, inspect, peek
from entrepot.operations.keep import keep
from entrepot.operations.registry import Registry
from entrepot.operations.source import Source
from entrepot.operations.stored import stored
from entrepot.repositories import Repository

NAMING_PAUSES = (0.5, 1, 2, 4, 8)
"""Seconds between attempts to name what is stored already, while the database is away."""

Approve = Callable[[Report], Awaitable[None]]
"""Is told what a glance at a file showed, before it is fetched; raises where it must not be."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """A file whose bytes can be had: stored, or still landing."""

    file: File
    source: Source
    report: Report
    """What the scanner says of it; of a file that is still landing, what a glance showed."""
    is_final: bool = True
    """Whether the whole of it was looked at; the end of a file that is still landing stays here until it was."""


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


async def ingest(registry: Registry, case: Case, approve: Approve | None = None, *, patient: bool = False) -> Ingested:
    """The case's file with where its bytes come from, stored or still landing, and what the scanner says of them.

    Raises `UpstreamError` where they can't be fetched, `NotReady` where they can't be kept, `Held` where looking at
    them takes longer than a client waits (`patient`: never), `Corrupt` where upstream sends other bytes than it
    promised, and what `approve` raises.
    """
    repository, revision, file = case.repository, case.revision, case.file
    if file is None:
        raise AssertionError("the case is about no file")
    if file.blob is None:
        file = await _known(registry, repository, revision, file)
    if file.blob is not None:
        return await _at_hand(registry, file, file.blob, patient=patient)
    glimpse = await peek(registry, repository, revision, file, patient=patient)
    if glimpse is not None and approve is not None:
        await approve(glimpse)
    flight = _board(registry, repository, revision, file)
    # Once bytes flow an error can only cut them off, so wait for the first; what is small arrives whole before.
    await _reach(flight, 0 if file.size > HELD_BACK else file.size, patient=patient)
    if flight.blob is not None:
        return await _at_hand(registry, replace(file, blob=flight.blob), flight.blob, patient=patient)
    return Ingested(file, FlightSource(registry, flight), glimpse or UNREAD, is_final=False)


async def _at_hand(registry: Registry, file: File, blob: Blob, *, patient: bool) -> Ingested:
    report = await inspect(registry, blob, file.path.text, patient=patient)
    return Ingested(file, await stored(registry, blob), report)


async def _reach(flight: Flight, position: int, *, patient: bool) -> None:
    is_reached = False
    while not is_reached:
        try:
            async with asyncio.timeout(None if patient else PATIENCE_SECONDS):
                await flight.reach(position)
            is_reached = True
        except TimeoutError:
            # Upstream may be slow: whoever waits knows that from everywhere else. Of us they don't expect it.
            if flight.is_landed:
                after = flight.seconds_to_wait()
                raise Held(f"{flight.file.path} is being inspected; ask again in {after} seconds", after) from None


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
        # Before anybody gets the last of it: what is in it is known.
        await inspect(registry, blob, file.path.text, patient=True)
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
