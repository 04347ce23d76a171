"""Own tokens: what somebody makes for a client of theirs. It may no more than the one it comes of, and ends with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from entrepot.catalog import access, overviews
from entrepot.catalog.access import NewToken, TokenRow
from entrepot.catalog.decisions import Line
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated
from entrepot.domain.names import RepositoryKey
from entrepot.operations.audit import decision
from entrepot.operations.registry import Registry
from entrepot.operations.signing import new_token

LONGEST_DAYS = 90
HANDED_ON = frozenset({Action.READ, Action.WRITE})
"""What a client needs; deleting and administering is given by administrators alone."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token with its secret, which is shown this once."""

    row: TokenRow
    secret: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token that somebody wants for a client: what for, in which repository, for how many days."""

    name: str
    repository: RepositoryKey
    actions: Collection[Action]
    days: float


async def make_own_token(registry: Registry, wanted: Wanted, actor: Actor) -> Made:
    """The token, for the actor's own user; raises `Forbidden` for what the actor may not do, and `Invalid`."""
    if actor.is_anonymous or actor.token_id is None:
        raise Unauthenticated("to make a token you have to be signed in")
    if not 0 < wanted.days <= LONGEST_DAYS:
        raise Invalid(f"a token for a client lasts more than 0 and at most {LONGEST_DAYS} days")
    for action in wanted.actions:
        if action not in HANDED_ON or not actor.may(action, wanted.repository):
            raise Forbidden(f"your token does not let you {action} in {wanted.repository}, so you can't hand that on")
    expires = datetime.now(UTC) + timedelta(days=wanted.days)
    own = next(row for row in await registry.database.read(access.list_tokens) if row.id == actor.token_id)
    secret = new_token()
    grants = (Grant(wanted.repository.text, frozenset(wanted.actions)),)
    ends = min(expires, own.expires_at) if own.expires_at else expires
    new = NewToken(secret, wanted.name, actor.name, grants, ends, made_by=actor.name, parent=own.id)
    return Made(await registry.database.write(access.create_token, new), secret)


async def own_tokens(registry: Registry, actor: Actor) -> list[TokenRow]:
    """The tokens of the actor's user, the newest first."""
    return [row for row in await registry.database.read(access.list_tokens) if row.user == actor.name]


async def revoke_own_token(registry: Registry, token_id: int, actor: Actor) -> None:
    """A token of the actor's own user is good for nothing from now on; raises `NotFound`."""
    if token_id not in {row.id for row in await own_tokens(registry, actor)}:
        raise NotFound(f"you have no token with the number {token_id}")
    await registry.database.write(access.revoke, token_id)


@dataclass(frozen=True, slots=True)
class LastUse:
    """When a token was used last, and what was asked for then, where that was something that is decided about."""

    at: datetime | None
    line: Line | None


async def last_use(registry: Registry, token_id: int, actor: Actor) -> LastUse:
    """The last use of a token of the actor's own, or of anybody's for administrators; raises `NotFound`."""
    await registry.usage.write_down(registry.database)
    await registry.firewall.record.write_down(registry.database)
    rows = await registry.database.read(access.list_tokens)
    row = next((row for row in rows if row.id == token_id), None)
    if row is None or not (actor.is_administrator or (not actor.is_anonymous and row.user == actor.name)):
        raise NotFound(f"you have no token with the number {token_id}")
    uid = await registry.database.read(overviews.last_of_token, token_id)
    return LastUse(row.last_used_at, await decision(registry, uid, actor) if uid else None)
