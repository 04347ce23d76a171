"""What happened lately, counted: decisions by day, and whom they met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from entrepot.catalog.firewall_tables import decisions
from entrepot.domain.decision import Effect


@dataclass(frozen=True, slots=True)
class Day:
    """What was given and what was refused from a moment until the next."""

    begins: datetime
    given: int
    refused: int


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody to whom something was refused, how often, and of how many packages."""

    actor: str
    times: int
    packages: int


def by_day(connection: Connection, edges: Sequence[datetime], actor: str) -> list[Day]:
    """What was given and refused between each moment and the next; of one actor, or of everybody for an empty name."""
    columns = decisions.c
    sums = []
    for begins, ends in pairwise(edges):
        within = and_(columns.at >= begins, columns.at < ends)
        sums += [_count(and_(within, columns.gives)), _count(and_(within, _refused()))]
    row = connection.execute(select(*sums).where(columns.at >= edges[0], _is_of(actor))).one()
    pairs = zip(edges[:-1], row[::2], row[1::2], strict=True)
    return [Day(begins, int(given), int(refused)) for begins, given, refused in pairs]


def refused_since(connection: Connection, since: datetime, actor: str, limit: int) -> list[Met]:
    """Who was refused something since then, those first who were most often."""
    times = func.count()
    rows = connection.execute(
        select(decisions.c.actor, times.label("times"), func.count(decisions.c.package.distinct()).label("packages"))
        .where(decisions.c.at >= since, _refused(), _is_of(actor))
        .group_by(decisions.c.actor)
        .order_by(times.desc(), decisions.c.actor)
        .limit(limit)
    )
    return [Met(row.actor, int(row.times), int(row.packages)) for row in rows]


def is_unused(connection: Connection) -> bool:
    """Whether nobody has asked for anything yet."""
    return connection.execute(select(decisions.c.id).limit(1)).first() is None


def last_of_token(connection: Connection, token_id: int) -> str | None:
    """The newest decision about something that was asked for with the token; None where there is none."""
    query = select(decisions.c.uid).where(decisions.c.token_id == token_id).order_by(decisions.c.id.desc()).limit(1)
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _refused() -> ColumnElement[bool]:
    return decisions.c.effect.in_([effect.value for effect in Effect if effect.refuses])


def _is_of(actor: str) -> ColumnElement[bool]:
    return decisions.c.actor == actor if actor else decisions.c.id > 0
