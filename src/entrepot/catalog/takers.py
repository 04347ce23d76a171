"""Who took what: downloads of a package by people and by client, from the record of decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from entrepot.catalog.firewall_tables import decisions


@dataclass(frozen=True, slots=True)
class Taken:
    """How often, by whom or by what, and when for the last time."""

    name: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """How many files left, for how many people; how many requests were refused."""

    given: int
    people: int
    refused: int


def totals(connection: Connection, repository: str, package: str, since: datetime) -> Totals:
    """The sums of a package since then."""
    about = _about(repository, package, since)
    given, people = connection.execute(
        select(func.count(), func.count(decisions.c.actor.distinct())).where(*about, decisions.c.gives)
    ).one()
    refused = connection.execute(
        select(func.count()).select_from(decisions).where(*about, decisions.c.effect.in_(("block", "hold")))
    ).scalar_one()
    return Totals(int(given), int(people), int(refused))


def by(connection: Connection, column: str, about: tuple[str, str, datetime], limit: int) -> list[Taken]:
    """Who or what took the most of a package; `column` is `actor` or `client`, `about` repository, package, since."""
    which = {"actor": decisions.c.actor, "client": decisions.c.client}[column]
    times = func.count().label("times")
    rows = connection.execute(
        select(which.label("name"), times, func.max(decisions.c.at).label("last_at"))
        .where(*_about(*about), decisions.c.gives)
        .group_by(which)
        .order_by(times.desc(), which)
        .limit(limit)
    )
    return [Taken(row.name, int(row.times), row.last_at) for row in rows]


def _about(repository: str, package: str, since: datetime) -> Sequence[ColumnElement[bool]]:
    return decisions.c.package == package, decisions.c.repository == repository, decisions.c.at >= since
