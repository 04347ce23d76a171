"""Reach: which xorbs a ticket's holder may refer to, and which repositories that holder may read."""

from collections.abc import Iterable

from entrepot.catalog import repositories, xorb_holders, xorbs
from entrepot.catalog.xorb_holders import Holder
from entrepot.catalog.xorbs import XorbRow
from entrepot.domain.door import Door
from entrepot.domain.errors import EntrepotError
from entrepot.operations import browse
from entrepot.operations.authorize import sees_private
from entrepot.operations.case import Case
from entrepot.operations.judge import judge_package
from entrepot.operations.manage import Workplace
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket
from entrepot.xet.merkle import XetHash

JUDGED_AT_ONCE = 20
MOST_JUDGED = 500
"""How many packages with the same chunks are looked at for one that the holder is not kept from."""


async def readable(registry: Registry, ticket: Ticket) -> list[int]:
    """The rows of the repositories that the ticket's holder may read whole, private packages included.

    What a repository shows to everybody does not count: chunks don't say which of its packages they are from.
    """
    everything = await registry.database.read(repositories.everything)
    return [row.id for row in everything if sees_private(ticket.actor, row.key)]


async def usable(
    registry: Registry, ticket: Ticket, here: Workplace, wanted: Iterable[XetHash]
) -> dict[XetHash, XorbRow]:
    """Those of the xorbs that the repository was sent, or that a package has which the ticket's holder may have.

    Whoever could put together what policy keeps from him, chunk by chunk, would have it.
    """
    everywhere = await readable(registry, ticket)
    found = await registry.database.read(xorbs.usable, set(wanted), here.repository.row.id, everywhere)
    law = await registry.firewall.law(registry.database)
    if not law.policies:
        return found
    ids = {row.id for row in found.values()}
    open_ids = await registry.database.read(xorb_holders.own, ids, here.repository.row.id, here.package.id)
    judged: set[int] = set()
    while (left := ids - open_ids) and len(judged) < MOST_JUDGED:
        some = await registry.database.read(xorb_holders.holders, left, everywhere, judged, JUDGED_AT_ONCE)
        if not some:
            break
        judged |= {holder.id for holder in some}
        passing = [holder.id for holder in some if await _is_open(registry, ticket, holder, law.generation)]
        open_ids |= await registry.database.read(xorb_holders.within, left, passing)
    return {xorb: row for xorb, row in found.items() if row.id in open_ids}


async def _is_open(registry: Registry, ticket: Ticket, holder: Holder, generation: str) -> bool:
    key = (holder.id, ticket.actor.token_id, generation)
    known = registry.xet.open_packages.get(key)
    if known is None:
        known = await _would_be_given(registry, ticket, holder)
        registry.xet.open_packages.put(key, known)
    return known


async def _would_be_given(registry: Registry, ticket: Ticket, holder: Holder) -> bool:
    try:
        place = await browse.place(registry, holder.repository, holder.name, ticket.actor)
        revision = await place.repository.revision(holder.name, "HEAD")
        case = Case(place.repository, revision, ticket.actor, Door.XET_TOKEN)
        return not (await judge_package(registry, case)).effect.refuses
    except EntrepotError:
        return False  # the chunks are sent then, as those that nobody has
