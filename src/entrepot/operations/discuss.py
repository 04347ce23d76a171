"""Discuss: as much of pull requests as uploading to one needs."""

from dataclasses import dataclass

from entrepot.catalog import discussions
from entrepot.catalog.discussions import Discussion
from entrepot.domain.actor import Actor
from entrepot.domain.names import RefName
from entrepot.operations.describe import describe
from entrepot.operations.manage import Workplace
from entrepot.operations.registry import Registry


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A discussion with a branch of its own."""

    number: int
    branch: RefName


async def open_pull_request(
    registry: Registry, here: Workplace, title: str, description: str, actor: Actor
) -> PullRequest:
    """A new pull request whose branch begins where the main branch is."""
    number = await registry.database.write(
        discussions.open_pull_request, here.package.id, title, description, actor.name
    )
    return PullRequest(number, RefName(f"refs/pr/{number}"))


async def find(registry: Registry, here: Workplace, number: int) -> Discussion:
    """One discussion; raises `NotFound`."""
    return await registry.database.read(discussions.find, here.package.id, number)


async def merge(registry: Registry, here: Workplace, number: int, actor: Actor) -> None:
    """The pull request's changes are on the main branch; raises `Conflict` where both have moved on."""
    await registry.database.write(discussions.merge, here.package.id, number, actor.name)
    await describe(registry, here.repository, here.package)


async def close(registry: Registry, here: Workplace, number: int, status: str) -> None:
    """The discussion is closed, or open again."""
    await registry.database.write(discussions.set_status, here.package.id, number, status)


async def rename(registry: Registry, here: Workplace, number: int, title: str) -> None:
    """The discussion has another title."""
    await registry.database.write(discussions.set_title, here.package.id, number, title)
