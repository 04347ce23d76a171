"""Keep: what has landed becomes a blob, announced first, durable next; nothing names it yet."""

from entrepot.blobs.staging import Landed
from entrepot.catalog import blobs
from entrepot.domain.content import Blob
from entrepot.operations.registry import Registry


async def keep(registry: Registry, landed: Landed) -> Blob:
    """The blob for bytes that have landed: announced, then durable. Nothing names it yet. Raises `NotReady`."""
    blob = await registry.database.write(blobs.announce, landed.digest, landed.size)
    if blob.chunked:
        landed.path.unlink(missing_ok=True)
    else:
        await registry.blobs.put(landed.path, landed.digest, landed.size)
    return blob
