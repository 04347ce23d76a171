"""Who asks, and may they?"""

from entrepot.catalog import access, packages
from entrepot.catalog.repositories import RepositoryRow
from entrepot.domain.actor import ANONYMOUS, Action, Actor
from entrepot.domain.content import Package
from entrepot.domain.errors import Forbidden, PackageNotFound, RepositoryNotFound, Unauthenticated
from entrepot.domain.names import PackageName, PackageType, RepositoryKey
from entrepot.operations.registry import Registry

MAX_TOKEN = 256
"""The longest token that clients send."""


async def authenticate(registry: Registry, token: str | None) -> Actor:
    """Who holds the token; nobody in particular without one. Raises `Unauthenticated` for a token that is not valid."""
    if token is None:
        return ANONYMOUS
    if len(token) > MAX_TOKEN:
        raise Unauthenticated("Invalid credentials in Authorization header")
    actor = await registry.database.read(access.actor, token)
    if actor is None:
        raise Unauthenticated("Invalid credentials in Authorization header")
    if actor.token_id is not None:
        registry.usage.note_token(actor.token_id)
    return actor


async def actor_of_token(registry: Registry, token_id: int | None) -> Actor:
    """Who holds the token of that number now; raises `Unauthenticated` once it has expired or was revoked."""
    if token_id is None:
        return ANONYMOUS
    actor = await registry.database.read(access.actor_of, token_id)
    if actor is None:
        raise Unauthenticated("the token that this link was made with is no longer valid")
    return actor


def may(actor: Actor, action: Action, row: RepositoryRow) -> bool:
    """Whether a grant covers it, or the repository lets everybody read."""
    return actor.may(action, row.key) or (action is Action.READ and row.anonymous_read)


def require(actor: Actor, action: Action, row: RepositoryRow) -> None:
    """Go on, or raise.

    Who may not read is told that nothing is there; a grant on a virtual repository holds for its members, as long as
    they are reached through it.
    """
    if may(actor, action, row):
        return
    if not may(actor, Action.READ, row):
        raise RepositoryNotFound(f"there is no repository called {row.key}")
    if actor.is_anonymous:
        raise Unauthenticated(f"to {action} in {row.key} you need a token; set HF_TOKEN or send it as a bearer token")
    raise Forbidden(f"the token {actor.token_name!r} does not let you {action} in the repository {row.key}")


async def reaches(registry: Registry, actor: Actor, key: RepositoryKey) -> bool:
    """Whether somebody may read what stands in a repository: there, or in a virtual one that has it as a member."""
    law = await registry.firewall.law(registry.database)
    rows = [(await registry.repository(RepositoryKey(text))).row for text in sorted(law.within(key.text))]
    return any(may(actor, Action.READ, row) for row in rows)


async def knows_of(registry: Registry, actor: Actor, key: RepositoryKey, text: str) -> bool:
    """Whether somebody may know what was decided of a package (`model/org/name`) that stands, or stood, there."""
    if not await reaches(registry, actor, key):
        return False
    law = await registry.firewall.law(registry.database)
    if any(sees_private(actor, RepositoryKey(within)) for within in law.within(key.text)):
        return True
    kind, _, id = text.partition("/")
    name, row = PackageName.parse(PackageType(kind), id), (await registry.repository(key)).row
    try:
        return not (await registry.database.read(packages.find, row.id, name)).private
    except PackageNotFound:
        return True  # it is gone, and what was decided of it stays


def sees_private(actor: Actor, key: RepositoryKey) -> bool:
    """Whether private packages are there for the actor: for those who were granted to read, not for everybody."""
    return actor.may(Action.READ, key)


def require_visible(actor: Actor, package: Package, key: RepositoryKey, name: PackageName) -> None:
    """Go on, or raise `PackageNotFound` for a private package that was asked for in that repository by that name."""
    if package.private and not sees_private(actor, key):
        # By the name that was asked for: the real one would say that there is something after all.
        raise PackageNotFound(f"there is no {name.type} called {name}")


def require_administrator(actor: Actor) -> None:
    """Go on, or raise: only a token that may administer every repository may go on."""
    if actor.is_anonymous:
        raise Unauthenticated("this needs an administrator's token; send it as a bearer token")
    if not actor.is_administrator:
        raise Forbidden(f"the token {actor.token_name!r} is not an administrator's ('*:administer')")
