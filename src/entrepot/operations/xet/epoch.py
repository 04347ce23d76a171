"""The epoch of the store: clients remember for weeks what they sent to it, and forget it when the epoch changes."""

import secrets

from entrepot.catalog import instance
from entrepot.operations.registry import Registry

_FACT = "store-epoch"


async def epoch(registry: Registry) -> str:
    """The epoch, a word that stands in the URL of the store; begun here where there was none."""
    found = await registry.database.read(instance.read, _FACT)
    if found is not None:
        return found
    return await registry.database.write(instance.write_once, _FACT, secrets.token_hex(8))


async def renew(registry: Registry) -> str:
    """A new epoch: for after a restore, or when chunks were lost, so that clients send again what is gone."""
    new = secrets.token_hex(8)
    await registry.database.write(instance.write, _FACT, new)
    return new
