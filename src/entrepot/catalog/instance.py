"""Facts of the installation as a whole: made once, then read."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, inspect, select, update

from entrepot.catalog import access, repositories
from entrepot.catalog.access import NewToken
from entrepot.catalog.moments import now
from entrepot.catalog.repositories import RepositoryRow
from entrepot.catalog.tables import instance

BEGUN = "begun"
"""When the installation was set up; what has this fact is not new."""


def is_there(connection: Connection) -> bool:
    """Whether the database has a catalog at all."""
    return inspect(connection).has_table(instance.name)


def read(connection: Connection, name: str) -> str | None:
    """The fact of that name; None where it was never written."""
    value = connection.execute(select(instance.c.value).where(instance.c.name == name)).scalar()
    return None if value is None else str(value)


def write_once(connection: Connection, name: str, value: str) -> str:
    """The fact of that name: the one there is, or this one, which is there from now on."""
    standing = read(connection, name)
    if standing is None:
        connection.execute(insert(instance).values(name=name, value=value))
    return value if standing is None else standing


def write(connection: Connection, name: str, value: str) -> None:
    """The fact has this value from now on."""
    if connection.execute(update(instance).where(instance.c.name == name).values(value=value)).rowcount == 0:
        connection.execute(insert(instance).values(name=name, value=value))


def begin(connection: Connection, first: Sequence[RepositoryRow], administrator: NewToken) -> bool:
    """Give a new installation its repositories and its administrator; whether it was new."""
    if read(connection, BEGUN) is not None:
        return False
    # Inserted, not written over: of several servers that find it new at once, all but one fail here and look again.
    connection.execute(insert(instance).values(name=BEGUN, value=now().isoformat()))
    for row in first:
        repositories.create(connection, row)
    access.create_token(connection, administrator)
    return True


def lock(connection: Connection, name: str, first: str) -> str:
    """The fact of that name, or `first` where it was never written; who else asks this waits for this transaction."""
    write_once(connection, name, first)
    query = select(instance.c.value).where(instance.c.name == name).with_for_update()
    return str(connection.execute(query).scalar_one())
