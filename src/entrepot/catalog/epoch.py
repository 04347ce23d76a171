"""The epoch of the store: clients remember for weeks what they sent to it, and forget it when the epoch changes."""

import secrets

from sqlalchemy import Connection, delete, insert, select

from entrepot.catalog.tables import instance

_NAME = "store-epoch"


def read(connection: Connection) -> str | None:
    """The epoch; None where there never was one."""
    return connection.execute(select(instance.c.value).where(instance.c.name == _NAME)).scalar()


def ensure(connection: Connection) -> str:
    """The epoch, begun here where there was none."""
    return read(connection) or renew(connection)


def renew(connection: Connection) -> str:
    """A new epoch, unlike any before."""
    epoch = secrets.token_hex(8)
    connection.execute(delete(instance).where(instance.c.name == _NAME))
    connection.execute(insert(instance).values(name=_NAME, value=epoch))
    return epoch
