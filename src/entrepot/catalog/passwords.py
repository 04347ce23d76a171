"""Passwords in the catalog: as what scrypt makes of them, never as they are."""

from sqlalchemy import Connection, delete, insert, select

from entrepot.catalog.firewall_tables import passwords
from entrepot.catalog.moments import now
from entrepot.catalog.tables import users


def put(connection: Connection, user_id: int, kept: str) -> None:
    """The user has this password from now on, and no other."""
    connection.execute(delete(passwords).where(passwords.c.user_id == user_id))
    connection.execute(insert(passwords).values(user_id=user_id, hash=kept, changed_at=now()))


def of_user(connection: Connection, name: str) -> str | None:
    """What is kept of the password of the user of that name; None without one, and for users that are disabled."""
    query = (
        select(passwords.c.hash)
        .join(users, users.c.id == passwords.c.user_id)
        .where(users.c.name == name, users.c.disabled_at.is_(None))
    )
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def remove(connection: Connection, user_id: int) -> None:
    """The user has no password."""
    connection.execute(delete(passwords).where(passwords.c.user_id == user_id))
