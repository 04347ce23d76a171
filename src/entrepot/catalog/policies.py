"""Policies in the catalog: every version that was ever in force."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, select

from entrepot.catalog import instance
from entrepot.catalog.firewall_tables import policies
from entrepot.catalog.moments import now
from entrepot.domain.errors import NotFound

GENERATION = "firewall-generation"
"""Counts what changes decisions: a process that remembers another number has to look again."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One version of a policy; an empty text says that from then on there is none of that name."""

    name: str
    version: int
    text: str
    note: str
    applied_by: str
    applied_at: datetime


def generation(connection: Connection) -> str:
    """The number of changes to policies and waivers so far."""
    return instance.read(connection, GENERATION) or "0"


def advance(connection: Connection) -> None:
    """Something changed that decides."""
    # Changes take turns here: two that counted to the same number would look like one to who has seen the first.
    count = int(instance.lock(connection, GENERATION, "0"))
    instance.write(connection, GENERATION, str(count + 1))


def apply(connection: Connection, name: str, text: str, note: str, by: str) -> PolicyRow:
    """The next version of that policy, in force once this is durable."""
    newest = connection.execute(select(func.max(policies.c.version)).where(policies.c.name == name)).scalar()
    row = PolicyRow(name, (newest or 0) + 1, text, note, by, now())
    connection.execute(
        insert(policies).values(
            name=row.name,
            version=row.version,
            text=row.text,
            note=row.note,
            applied_by=row.applied_by,
            applied_at=row.applied_at,
        )
    )
    advance(connection)
    return row


def in_force(connection: Connection) -> list[PolicyRow]:
    """The newest version of each policy that there is, by name."""
    newest = select(policies.c.name, func.max(policies.c.version).label("version")).group_by(policies.c.name).subquery()
    join = (policies.c.name == newest.c.name) & (policies.c.version == newest.c.version)
    rows = connection.execute(select(policies).join(newest, join).order_by(policies.c.name))
    return [_row(row) for row in rows if row.text]


def versions(connection: Connection, name: str) -> list[PolicyRow]:
    """Every version of a policy, the newest first; raises `NotFound`."""
    rows = connection.execute(select(policies).where(policies.c.name == name).order_by(policies.c.version.desc())).all()
    if not rows:
        raise NotFound(f"there is no policy called {name[:80]!r}")
    return [_row(row) for row in rows]


def _row(row: Row[tuple[object, ...]]) -> PolicyRow:
    return PolicyRow(row.name, row.version, row.text, row.note, row.applied_by, row.applied_at)


def begin(connection: Connection, name: str, text: str, by: str) -> bool:
    """Apply the first policy where there never was one; whether that was so."""
    if connection.execute(select(policies.c.id).limit(1)).first() is not None:
        return False
    apply(connection, name, text, "the policy that every instance begins with", by)
    return True
