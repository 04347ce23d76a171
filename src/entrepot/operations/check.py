"""Check: walk the catalog and the store, and name every difference. Changes nothing."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from entrepot.catalog import consistency, garbage
from entrepot.catalog.consistency import Standing
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Corrupt
from entrepot.operations.registry import Registry
from entrepot.operations.stored import stored
from entrepot.operations.turn import collectors_turn

WALK_BATCH = 500
OVERDUE_AFTER = timedelta(days=7)
"""Garbage is in order; garbage that was left for a week after its grace period means that nobody collects."""


class Kind(StrEnum):
    """What kind of difference it is."""

    MISSING_BYTES = "missing bytes"
    WRONG_SIZE = "wrong size"
    WRONG_DIGEST = "wrong digest"
    BROKEN_TERMS = "broken terms"
    DANGLING = "points to nothing"
    UNKNOWN_BYTES = "unknown bytes"
    UNCOLLECTED = "uncollected"
    CONDEMNED = "left condemned"


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: its kind, what has it, and a sentence for people."""

    kind: Kind
    what: str
    sentence: str


async def check(registry: Registry, *, deep: bool = False) -> AsyncIterator[Finding]:
    """Every difference between what is named and what is stored; `deep` reads and hashes every byte.

    Bytes that were sent and not yet named are none until the collector should have taken them. Raises `NotReady`
    while a collector is at work; none begins meanwhile.
    """
    async with collectors_turn(registry):
        async for finding in _check_blobs(registry, deep):
            yield finding
        async for finding in _check_store(registry):
            yield finding
        async for finding in _check_packages(registry):
            yield finding


async def _check_blobs(registry: Registry, deep: bool) -> AsyncIterator[Finding]:
    overdue = datetime.now(UTC) - timedelta(hours=registry.settings.gc_grace_hours) - OVERDUE_AFTER
    after = 0
    while page := await registry.database.read(consistency.blob_page, after):
        for standing in page:
            finding = _check_row(standing, overdue) or await _check_bytes(registry, standing, deep)
            if finding is not None:
                yield finding
        after = page[-1].blob.id


def _check_row(standing: Standing, overdue: datetime) -> Finding | None:
    what = f"blob {standing.blob.digest}"
    if standing.condemned_at is not None and standing.named:
        return Finding(Kind.CONDEMNED, what, f"the {what} is condemned, and something names it")
    if standing.condemned_at is not None:
        return Finding(Kind.CONDEMNED, what, f"the {what} was condemned and a collector did not finish; run gc")
    if not standing.named and standing.seen_at < overdue:
        return Finding(Kind.UNCOLLECTED, what, f"nothing names the {what}, and no collector took it; run gc")
    return None


async def _check_bytes(registry: Registry, standing: Standing, deep: bool) -> Finding | None:
    if not standing.named:
        return None
    blob = standing.blob
    what = f"blob {blob.digest}"
    if blob.chunked:
        if problem := await registry.database.read(consistency.broken_terms, blob):
            return Finding(Kind.BROKEN_TERMS, what, f"the {what} can't be put together: {problem}")
    else:
        size = await registry.blobs.size(blob.digest)
        if size is None:
            return Finding(Kind.MISSING_BYTES, what, f"the {what} is named, and the store does not have it")
        if size != blob.size:
            return Finding(Kind.WRONG_SIZE, what, f"the {what} should have {blob.size} bytes and has {size}")
    return await _check_digest(registry, blob) if deep else None


async def _check_digest(registry: Registry, blob: Blob) -> Finding | None:
    what = f"blob {blob.digest}"
    hasher = hashlib.sha256()
    try:
        source = await stored(registry, blob)
        async for piece in source.read(0, blob.size):
            hasher.update(piece)
    except Corrupt as error:
        return Finding(Kind.WRONG_DIGEST, what, f"the {what} can't be read: {error.message}")
    if hasher.hexdigest() != blob.digest.hex:
        return Finding(Kind.WRONG_DIGEST, what, f"the bytes of the {what} hash to {hasher.hexdigest()}")
    return None


async def _check_store(registry: Registry) -> AsyncIterator[Finding]:
    batch: list[Digest] = []
    async for digest, _ in registry.blobs.walk():
        batch.append(digest)
        if len(batch) >= WALK_BATCH:
            async for finding in _unknown(registry, batch):
                yield finding
            batch = []
    async for finding in _unknown(registry, batch):
        yield finding


async def _unknown(registry: Registry, digests: list[Digest]) -> AsyncIterator[Finding]:
    for digest in await registry.database.read(garbage.without_row, digests):
        what = f"blob {digest}"
        yield Finding(Kind.UNKNOWN_BYTES, what, f"the store has the {what}, of which the catalog knows nothing; run gc")


async def _check_packages(registry: Registry) -> AsyncIterator[Finding]:
    for package_id, name in await registry.database.read(consistency.package_ids):
        wrong = await registry.database.read(consistency.wrong_in_package, package_id)
        if wrong:
            # A package that is being changed or deleted can look broken between two questions, but not twice.
            again = await registry.database.read(consistency.wrong_in_package, package_id)
            wrong = [item for item in wrong if item in again]
        for item in wrong:
            yield Finding(Kind.DANGLING, f"{name}, {item.what}", f"{name}: {item.what} {item.why}")
