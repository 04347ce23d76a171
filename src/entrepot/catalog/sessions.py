"""Sessions of browsers in the catalog: each acts with one token. Cookies are kept as hashes, as tokens are."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from entrepot.catalog import access
from entrepot.catalog.firewall_tables import sessions
from entrepot.catalog.moments import now
from entrepot.domain.actor import Actor


def begin(connection: Connection, secret: str, token_id: int, expires_at: datetime) -> None:
    """The cookie stands for the token from now on; sessions that are over are cleared away."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now()))
    connection.execute(
        insert(sessions).values(hash=access.hash_of(secret), token_id=token_id, created_at=now(), expires_at=expires_at)
    )


def actor(connection: Connection, secret: str) -> Actor | None:
    """Who the cookie stands for; None once the session is over, or its token has expired or was revoked."""
    token_id = connection.execute(
        select(sessions.c.token_id).where(sessions.c.hash == access.hash_of(secret), sessions.c.expires_at > now())
    ).scalar()
    return None if token_id is None else access.actor_of(connection, token_id)


def end(connection: Connection, secret: str) -> None:
    """The cookie stands for nobody any more."""
    connection.execute(delete(sessions).where(sessions.c.hash == access.hash_of(secret)))


def end_all_of(connection: Connection, token_id: int) -> None:
    """Every session that acts with the token is over."""
    connection.execute(delete(sessions).where(sessions.c.token_id == token_id))
