"""What happened lately, counted: decisions by day, and whom they met."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, func, select

from entrepot.catalog.firewall_tables import decisions
from entrepot.domain.decision import Effect


@dataclass(frozen=True, slots=True)
class Day:
    """What was given and what was refused in a day."""

    begins: datetime
    given: int
    refused: int


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody to whom something was refused, how often, and of how many packages."""

    actor: str
    times: int
    packages: int


def of_day(connection: Connection, begins: datetime, ends: datetime, actor: str) -> Day:
    """What was given and refused between two moments; of one actor, or of everybody for an empty name."""
    given, refused = connection.execute(
        select(_count(decisions.c.gives), _count(_refused())).where(
            decisions.c.at >= begins, decisions.c.at < ends, _is_of(actor)
        )
    ).one()
    return Day(begins, int(given), int(refused))


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
