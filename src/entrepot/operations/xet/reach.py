"""Reach: which xorbs a ticket's holder may refer to, and which repositories that holder may read."""

from collections.abc import Iterable

from entrepot.catalog import repositories, xorbs
from entrepot.catalog.xorbs import XorbRow
from entrepot.operations.authorize import sees_private
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket
from entrepot.repositories import Repository
from entrepot.xet.merkle import XetHash


async def readable(registry: Registry, ticket: Ticket) -> list[int]:
    """The rows of the repositories that the ticket's holder may read whole, private packages included.

    What a repository shows to everybody does not count: chunks don't say which of its packages they are from.
    """
    everything = await registry.database.read(repositories.everything)
    return [row.id for row in everything if sees_private(ticket.actor, row.key)]


async def usable(
    registry: Registry, ticket: Ticket, repository: Repository, wanted: Iterable[XetHash]
) -> dict[XetHash, XorbRow]:
    """Those of the xorbs that the repository was sent, or that the ticket's holder may read."""
    return await registry.database.read(xorbs.usable, set(wanted), repository.row.id, await readable(registry, ticket))
