"""Audit: who asked for what, what was decided and why; and whether anybody has changed that since."""

from dataclasses import dataclass, replace

from entrepot.catalog import decisions
from entrepot.catalog.decisions import Filter, Line
from entrepot.domain.actor import Actor
from entrepot.domain.errors import NotFound
from entrepot.domain.names import RepositoryKey
from entrepot.operations.authorize import knows_of, require_administrator
from entrepot.operations.registry import Registry


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some decisions, the newest first, and where the next page begins: 0 where this was the last."""

    lines: list[Line]
    before: int


async def decisions_that(registry: Registry, wanted: Filter, limit: int, actor: Actor) -> AuditPage:
    """A page of the decisions that fit; all of them for administrators, one's own for everybody else with a token."""
    if not actor.is_administrator:
        if actor.is_anonymous:
            require_administrator(actor)
        wanted = replace(wanted, actor=actor.name)
    await registry.firewall.record.write_down(registry.database)
    limit = max(1, min(limit, decisions.MAX_PAGE))
    found = await registry.database.read(decisions.page, wanted, limit + 1)
    return AuditPage(found[:limit], found[limit - 1].number if len(found) > limit else 0)


async def decision(registry: Registry, uid: str, actor: Actor) -> Line:
    """One decision with its trace; for administrators, for whom it was about, and for who may read the package.

    Raises `NotFound`.
    """
    await registry.firewall.record.write_down(registry.database)
    line = await registry.database.read(decisions.find, uid)
    if line is None:
        raise NotFound(f"there is no decision {uid[:40]!r}")
    if actor.is_administrator or (not actor.is_anonymous and actor.name == line.recorded.actor):
        return line
    if not await knows_of(registry, actor, RepositoryKey(line.recorded.repository), line.recorded.package):
        raise NotFound(f"there is no decision {uid[:40]!r}")
    # Who may read the package may know why something is refused, and not who else asked.
    recorded = replace(line.recorded, actor="", token_id=None, token_name="", address="", client="")
    return replace(line, recorded=recorded)


async def verify(registry: Registry, actor: Actor) -> list[str]:
    """Every place where the record is not what was written, as sentences; none where all is well."""
    require_administrator(actor)
    await registry.firewall.record.write_down(registry.database)
    return await registry.database.read(lambda connection: list(decisions.broken(connection)))
