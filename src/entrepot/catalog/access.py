"""Users, tokens and what they may do. Tokens are kept as hashes; what a hash was made of is never stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, insert, or_, select, update

from entrepot.catalog.columns import UtcTime
from entrepot.catalog.moments import now
from entrepot.catalog.tables import grants, tokens, users
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.errors import Invalid, NotFound

LAST_USE_GRAIN = timedelta(minutes=5)
"""How exactly the last use of a token is kept: nobody needs to know the minute, and each is a write."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that is to be made: its secret, and what it is for."""

    secret: str
    name: str
    owner: str
    grants: tuple[Grant, ...]
    expires_at: datetime | None = None
    made_by: str = ""
    """Whose request it was."""
    parent: int | None = None
    """The token that it comes of and ends with; None for one that stands by itself."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is listed: everything but its secret."""

    id: int
    name: str
    user: str
    grants: tuple[Grant, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    made_by: str = ""
    """Who asked for it; empty where nobody noted that."""
    parent: int | None = None
    """The number of the token that it came of and ends with."""


def hash_of(token: str) -> str:
    """What is stored of a token. It is random and long, so a plain SHA-256 keeps it safe."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def user_id(connection: Connection, name: str) -> int:
    """The user of that name, created where there is none."""
    found = connection.execute(select(users.c.id).where(users.c.name == name)).scalar()
    if found is not None:
        return int(found)
    added = connection.execute(insert(users).values(name=name, created_at=now()).returning(users.c.id)).scalar_one()
    return int(added)


def create_token(connection: Connection, new: NewToken) -> TokenRow:
    """The token, as it is listed; raises `Invalid` without a scope, or where the one it comes of has ended."""
    if not new.grants:
        raise Invalid("a token needs at least one scope, such as 'hub:read'")
    if new.parent is not None:
        _require_standing(connection, new.parent)
    values = {
        "hash": hash_of(new.secret),
        "name": new.name,
        "user_id": user_id(connection, new.owner),
        "created_at": now(),
        "expires_at": new.expires_at,
        "made_by": new.made_by,
        "parent_id": new.parent,
    }
    token_id = connection.execute(insert(tokens).values(**values).returning(tokens.c.id)).scalar_one()
    for grant in new.grants:
        actions = " ".join(sorted(action.value for action in grant.actions))
        connection.execute(insert(grants).values(token_id=token_id, repository=grant.repository, actions=actions))
    return next(row for row in list_tokens(connection) if row.id == token_id)


def _require_standing(connection: Connection, token_id: int) -> None:
    # Written, not only read: whoever revokes it at this moment waits, and finds the new one, too.
    which = (tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
    if connection.execute(update(tokens).where(*which).values(revoked_at=None)).rowcount == 0:
        raise Invalid("the token that this was to be made with is no longer valid")


def _who(which: ColumnElement[bool]) -> Select[Any]:
    # One statement, with a row for each grant, since every request asks it.
    return (
        select(
            tokens.c.id,
            tokens.c.name,
            tokens.c.user_id,
            users.c.name.label("user"),
            grants.c.repository,
            grants.c.actions,
        )
        .join(users, users.c.id == tokens.c.user_id)
        .join(grants, grants.c.token_id == tokens.c.id, isouter=True)
        .where(
            which,
            tokens.c.revoked_at.is_(None),
            or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > bindparam("now", type_=UtcTime)),
            users.c.disabled_at.is_(None),
        )
        .order_by(grants.c.id)
    )


_BY_HASH = _who(tokens.c.hash == bindparam("hash"))
_BY_NUMBER = _who(tokens.c.id == bindparam("number"))


def actor(connection: Connection, secret: str) -> Actor | None:
    """Who holds that token; None where it is unknown, expired or revoked, or its user disabled."""
    return _actor(connection.execute(_BY_HASH, {"hash": hash_of(secret), "now": now()}).all())


def actor_of(connection: Connection, token_id: int) -> Actor | None:
    """The same for a token's row."""
    return _actor(connection.execute(_BY_NUMBER, {"number": token_id, "now": now()}).all())


def _actor(rows: Sequence[Row[Any]]) -> Actor | None:
    if not rows:
        return None
    first = rows[0]
    granted = tuple(_grant(row.repository, row.actions) for row in rows if row.repository is not None)
    return Actor(first.user, first.user_id, first.id, first.name, granted)


def _grants_of(connection: Connection, token_id: int) -> tuple[Grant, ...]:
    rows = connection.execute(select(grants).where(grants.c.token_id == token_id).order_by(grants.c.id))
    return tuple(_grant(row.repository, row.actions) for row in rows)


def _grant(repository: str, actions: str) -> Grant:
    return Grant(repository, frozenset(Action(word) for word in actions.split()))


def note_uses(connection: Connection, token_ids: Sequence[int]) -> None:
    """Remember that the tokens were used about now."""
    stale = or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at < now() - LAST_USE_GRAIN)
    for token_id in token_ids:
        connection.execute(update(tokens).where(tokens.c.id == token_id, stale).values(last_used_at=now()))


def list_tokens(connection: Connection) -> list[TokenRow]:
    """Every token there has been, the newest first."""
    rows = connection.execute(
        select(tokens, users.c.name.label("user"))
        .join(users, users.c.id == tokens.c.user_id)
        .order_by(tokens.c.id.desc())
    ).all()
    return [
        TokenRow(
            row.id,
            row.name,
            row.user,
            _grants_of(connection, row.id),
            row.created_at,
            row.expires_at,
            row.revoked_at,
            row.last_used_at,
            row.made_by,
            row.parent_id,
        )
        for row in rows
    ]


def revoke(connection: Connection, token_id: int) -> None:
    """End a token at once, and all that came of it; raises `NotFound`. Ending it twice is ending it."""
    if connection.execute(select(tokens.c.id).where(tokens.c.id == token_id)).first() is None:
        raise NotFound(f"there is no token with the number {token_id}")
    ended, is_meant = [token_id], tokens.c.id == token_id
    while ended:
        connection.execute(update(tokens).where(is_meant, tokens.c.revoked_at.is_(None)).values(revoked_at=now()))
        is_meant = tokens.c.parent_id.in_(ended)
        ended = list(connection.execute(select(tokens.c.id).where(is_meant)).scalars())
