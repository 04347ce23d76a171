"""Sight: which packages somebody may see, across all repositories, and by which repository they reach them."""

from collections.abc import Mapping
from dataclasses import dataclass

from entrepot.catalog.findings import Sight
from entrepot.catalog.repositories import Kind
from entrepot.domain.actor import Actor
from entrepot.domain.errors import Unauthenticated
from entrepot.operations.administer import list_repositories
from entrepot.operations.authorize import sees_private
from entrepot.operations.registry import Registry


@dataclass(frozen=True, slots=True)
class InSight:
    """What somebody may see."""

    sight: Sight
    keys: Mapping[int, str]
    """By the row of each repository, the key by which its packages are asked for: its own, or a virtual one's."""


async def sight_of(registry: Registry, actor: Actor) -> InSight:
    """What the actor may see; raises `Unauthenticated` where nobody in particular may see nothing."""
    whole: set[int] = set()
    public: set[int] = set()
    keys: dict[int, str] = {}
    rows = await list_repositories(registry, actor)
    if not rows and actor.is_anonymous:
        raise Unauthenticated("to see what is in the repositories that you may read, sign in")
    # A virtual repository comes last: who may read a member itself is led to it.
    for row in sorted(rows, key=lambda one: one.kind is Kind.VIRTUAL):
        members = [(await registry.repository(key)).row for key in row.members] or [row]
        for one in members:
            (whole if sees_private(actor, row.key) else public).add(one.id)
            keys.setdefault(one.id, row.key.text)
    return InSight(Sight(frozenset(whole), frozenset(public - whole)), keys)
