"""Waivers in the catalog: asked for, decided, in force until they expire."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from entrepot.catalog.firewall_tables import waivers
from entrepot.catalog.moments import now
from entrepot.catalog.policies import advance
from entrepot.domain.errors import Conflict, NotFound
from entrepot.domain.waiver import Scope, Standing, Waiver


@dataclass(frozen=True, slots=True)
class Plea:
    """A waiver that somebody asks for: what it should hold for, why, until when, and which decision led to it."""

    scope: Scope
    reason: str
    expires_at: datetime
    decision: str = ""


def ask(connection: Connection, plea: Plea, by: str) -> Waiver:
    """The waiver, waiting for somebody to decide."""
    scope = plea.scope
    values = {
        "policy": scope.policy,
        "rule": scope.rule,
        "repository": scope.repository,
        "package": scope.package,
        "commit_id": scope.commit,
        "digest": scope.digest,
        "reason": plea.reason,
        "standing": Standing.ASKED.value,
        "asked_by": by,
        "asked_at": now(),
        "expires_at": plea.expires_at,
        "decision": plea.decision,
    }
    number = connection.execute(insert(waivers).values(**values).returning(waivers.c.id)).scalar_one()
    return find(connection, number)


def decide(connection: Connection, number: int, standing: Standing, by: str, answer: str) -> Waiver:
    """The waiver, granted, refused or withdrawn; raises `NotFound`, and `Conflict` where that can't be any more."""
    before = {Standing.WITHDRAWN: (Standing.ASKED, Standing.GRANTED)}.get(standing, (Standing.ASKED,))
    done = connection.execute(
        update(waivers)
        .where(waivers.c.id == number, waivers.c.standing.in_([word.value for word in before]))
        .values(standing=standing.value, decided_by=by, decided_at=now(), answer=answer)
    )
    found = find(connection, number)
    if done.rowcount == 0:
        raise Conflict(f"the waiver {number} is {found.standing} already")
    advance(connection)
    return found


def find(connection: Connection, number: int) -> Waiver:
    """The waiver of that number; raises `NotFound`."""
    row = connection.execute(select(waivers).where(waivers.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"there is no waiver with the number {number}")
    return _waiver(row)


def everything(connection: Connection, standing: Standing | None = None) -> list[Waiver]:
    """Every waiver, or those that stand so, the newest first."""
    query = select(waivers).order_by(waivers.c.id.desc())
    if standing is not None:
        query = query.where(waivers.c.standing == standing.value)
    return [_waiver(row) for row in connection.execute(query)]


def in_force(connection: Connection, at: datetime) -> list[Waiver]:
    """The waivers that let something pass at that time."""
    granted = (waivers.c.standing == Standing.GRANTED.value) & (waivers.c.expires_at > at)
    return [_waiver(row) for row in connection.execute(select(waivers).where(granted).order_by(waivers.c.id))]


def _waiver(row: Row[tuple[object, ...]]) -> Waiver:
    return Waiver(
        row.id,
        Scope(row.rule, row.repository, row.package, row.commit_id, row.digest, row.policy),
        row.reason,
        Standing(row.standing),
        row.asked_by,
        row.asked_at,
        row.expires_at,
        row.decided_by,
        row.decided_at,
        row.answer,
    )
