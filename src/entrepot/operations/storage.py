"""Storage: how much is kept, as people see it and as it lies on the disk."""

from dataclasses import dataclass

from entrepot.catalog import usage
from entrepot.catalog.usage import Kept
from entrepot.operations.registry import Registry


@dataclass(frozen=True, slots=True)
class Storage:
    """What is kept in all, in bytes, and by each repository."""

    logical: int
    unique: int
    repositories: tuple[Kept, ...]


async def measure(registry: Registry) -> Storage:
    """How much is kept at this moment."""
    kept, unique = await registry.database.read(lambda c: (usage.of_repositories(c), usage.unique_bytes(c)))
    return Storage(sum(item.logical for item in kept), unique, tuple(kept))
