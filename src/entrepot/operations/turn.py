"""One collector at a time: two of them could delete the bytes of a blob that was stored again in between."""

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from entrepot.blobs.threads import in_thread
from entrepot.catalog.garbage import Turn
from entrepot.domain.errors import NotReady
from entrepot.operations.registry import Registry

LOCK_NAME = "collector.lock"


@asynccontextmanager
async def collectors_turn(registry: Registry) -> AsyncIterator[Turn]:
    """The right to collect, and nobody else collects meanwhile; raises `NotReady` where somebody does.

    A lock in the staging folder keeps the processes of this machine apart, one in PostgreSQL those of other machines.
    The system and the database let go of them when a process is killed.
    """
    descriptor = await in_thread(_lock, registry.staging.folder / LOCK_NAME)
    try:
        turn = await in_thread(Turn, registry.database.engine)
        try:
            yield turn
        finally:
            await in_thread(turn.end)
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise NotReady("another collector is at work", after=60) from None
    return descriptor
