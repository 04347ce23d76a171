"""Collect: free the bytes that nobody names any more. Names go first, then bytes, then the rows that held them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from entrepot.blobs.threads import in_thread
from entrepot.catalog import garbage, pruning, upkeep, upstream
from entrepot.catalog.garbage import Moments, Rehearsed, Turn
from entrepot.domain.digest import Digest
from entrepot.operations import leftovers
from entrepot.operations.git import mirror
from entrepot.operations.registry import Registry
from entrepot.operations.turn import collectors_turn

MIRROR_KEPT_SECONDS = 30 * 24 * 3600
"""A mirror is fetched again when it is asked for again."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection freed, or a rehearsal says that it would."""

    blobs: int = 0
    bytes: int = 0
    """What the store has less."""
    packages: int = 0
    """How many packages had something that no ref leads to."""
    revisions: int = 0
    uploads: int = 0
    """Notes of who had sent bytes that no commit named in time."""
    xorbs: int = 0
    leftover_bytes: int = 0
    """What broken uploads left in the staging folder."""
    flight_bytes: int = 0
    """What broken fetches left there; a rehearsal does not look."""
    mirror_bytes: int = 0
    """Mirrors for git that nobody has used for long; a rehearsal does not look."""


async def collect(registry: Registry, *, dry_run: bool = False) -> Collected:
    """What was freed; with `dry_run` what would be, and nothing changes.

    Raises `NotReady` while another collector is at work. Stopped anywhere, the next one takes up what is left.
    """
    async with collectors_turn(registry) as turn:
        return await (_rehearse(registry) if dry_run else _collect(registry, turn))


def _moments(registry: Registry) -> Moments:
    present = datetime.now(UTC)
    return Moments(
        blobs=present - timedelta(hours=registry.settings.gc_grace_hours),
        xorbs=present - timedelta(days=registry.settings.xorb_grace_days),
    )


async def _collect(registry: Registry, turn: Turn) -> Collected:
    moments = _moments(registry)
    # 1. Names go.
    done = await _prune(registry, moments)
    done = replace(done, uploads=await registry.database.write(garbage.drop_uploads, moments.blobs))
    # 2. Bytes that never got a row get one, so that they go the same way.
    for digest, size in await _strays(registry):
        await registry.database.write(garbage.adopt, digest, size)
    # 3. Bytes go; those of a file kept as chunks free xorbs, and those more bytes.
    while True:
        dropped = await registry.database.write(garbage.drop_xorbs, moments.xorbs)
        await registry.database.write(garbage.condemn, moments.blobs)
        batch = await registry.database.read(garbage.condemned)
        if not (batch or dropped):
            break
        freed = await _delete(registry, turn, [blob.digest for blob in batch])
        await registry.database.write(garbage.forget, [blob.id for blob in batch])
        done = replace(done, blobs=done.blobs + len(batch), bytes=done.bytes + freed, xorbs=done.xorbs + dropped)
    await registry.database.write(upkeep.refresh_statistics)
    # 4. What never became a blob goes, and what upstream did not have long ago.
    await registry.database.write(upstream.forget_missing, moments.xorbs)
    left = await in_thread(leftovers.remove, registry.staging.folder)
    mirrors = await in_thread(mirror.sweep, mirror.root(registry.settings.data_folder), MIRROR_KEPT_SECONDS)
    flights = await registry.flights.sweep()
    return replace(done, leftover_bytes=left, flight_bytes=flights, mirror_bytes=mirrors)


async def _prune(registry: Registry, moments: Moments) -> Collected:
    packages = revisions = 0
    for package_id in await registry.database.read(pruning.changed_packages):
        # Looked through without keeping anybody from writing; what has moved meanwhile is left for next time.
        plan = await registry.database.read(pruning.plan, package_id, moments.blobs)
        if plan is not None and await registry.database.write(pruning.prune, plan) and plan.frees_something:
            packages += 1
            revisions += len(plan.revisions)
    return Collected(packages=packages, revisions=revisions)


async def _strays(registry: Registry) -> list[tuple[Digest, int]]:
    """Stored bytes that no row knows."""
    strays: list[tuple[Digest, int]] = []
    batch: dict[Digest, int] = {}
    async for digest, size in registry.blobs.walk():
        batch[digest] = size
        if len(batch) >= garbage.BATCH:
            strays += await _unknown(registry, batch)
            batch = {}
    return strays + await _unknown(registry, batch)


async def _unknown(registry: Registry, batch: dict[Digest, int]) -> list[tuple[Digest, int]]:
    unknown = await registry.database.read(garbage.without_row, list(batch))
    return [(digest, batch[digest]) for digest in unknown]


async def _delete(registry: Registry, turn: Turn, digests: list[Digest]) -> int:
    freed = 0
    for digest in digests:
        await in_thread(turn.confirm)
        size = await registry.blobs.size(digest)
        if await registry.blobs.delete(digest):
            freed += size or 0
    return freed


async def _rehearse(registry: Registry) -> Collected:
    try:
        await registry.database.write(garbage.rehearse, _moments(registry))
    except Rehearsed as ended:
        freed = ended.freed
    else:
        raise AssertionError("a rehearsal always ends by raising")
    strays = await _strays(registry)
    sizes = [await registry.blobs.size(blob.digest) for blob in freed.condemned]
    return Collected(
        blobs=len(freed.condemned) + len(strays),
        bytes=sum(size or 0 for size in sizes) + sum(size for _, size in strays),
        packages=freed.packages,
        revisions=freed.revisions,
        uploads=freed.uploads,
        xorbs=freed.xorbs,
        leftover_bytes=sum(size for _, size in await in_thread(leftovers.leftovers, registry.staging.folder)),
    )
