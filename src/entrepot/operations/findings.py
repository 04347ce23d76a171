"""Findings: what the scanner found across all packages that somebody may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.catalog import findings
from entrepot.catalog.findings import Group, Spot, Wanted
from entrepot.domain.actor import Actor
from entrepot.domain.errors import RepositoryNotFound
from entrepot.operations.registry import Registry
from entrepot.operations.sight import InSight, sight_of

MOST_REMEMBERED = 100
"""Longer lists are exports, which nobody asks for twice."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file with findings, and the repository by which its package is asked for."""

    repository: str
    spot: Spot


async def findings_by_rule(
    registry: Registry, actor: Actor, rule: str = "", severity: str = "", repository: str = ""
) -> Sequence[Group]:
    """The rules with findings and how far they reach, as of the last half minute; raises `NotFound`."""
    seen = await sight_of(registry, actor)
    wanted = _wanted(seen, rule, severity, repository)
    key = ("findings", seen.sight, wanted)
    known = registry.overviews.get(key)
    if isinstance(known, list):
        return known
    found = await registry.database.read(findings.groups, seen.sight, wanted)
    registry.overviews.put(key, found)
    return found


async def places_of(
    registry: Registry, actor: Actor, rule: str, repository: str, page: tuple[int, int]
) -> Sequence[Place]:
    """The files with findings of a rule, as of the last half minute; raises `NotFound`.

    `page` is how many, and how many come before them.
    """
    seen = await sight_of(registry, actor)
    wanted = _wanted(seen, rule, "", repository)
    key = ("places", seen.sight, wanted, page, tuple(seen.keys.items()))
    known = registry.overviews.get(key)
    if isinstance(known, list):
        return known
    spots = await registry.database.read(findings.spots, seen.sight, wanted, *page)
    found = [Place(seen.keys[spot.repository_id], spot) for spot in spots]
    if len(found) <= MOST_REMEMBERED:
        registry.overviews.put(key, found)
    return found


def _wanted(seen: InSight, rule: str, severity: str, repository: str) -> Wanted:
    if not repository:
        return Wanted(rule, severity)
    number = next((row for row, key in seen.keys.items() if key == repository), None)
    if number is None:
        raise RepositoryNotFound(f"there is no repository called {repository[:80]}")
    return Wanted(rule, severity, number)
