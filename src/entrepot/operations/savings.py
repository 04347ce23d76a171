"""Savings: packages that were refused, times the hours that each would have cost. A product, and no measurement."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from entrepot.catalog import savings as counting
from entrepot.domain.actor import Actor
from entrepot.domain.errors import Invalid
from entrepot.operations.authorize import require_administrator
from entrepot.operations.registry import Registry

MONTHS = 12
MOST_HOURS = 10_000.0


@dataclass(frozen=True, slots=True)
class Month:
    """How many packages were blocked in a month for the first time ever."""

    begins: datetime
    packages: int


@dataclass(frozen=True, slots=True)
class Savings:
    """The factors, month by month, the newest first."""

    months: tuple[Month, ...]
    hours_each: float

    @property
    def packages(self) -> int:
        """All of them; each counts once, in one month."""
        return sum(month.packages for month in self.months)

    @property
    def hours(self) -> float:
        """What follows: packages times hours."""
        return self.packages * self.hours_each


async def savings(registry: Registry, actor: Actor, hours: float | None = None) -> Savings:
    """What was refused in the last months; `hours` for each in place of what the setting says. For administrators.

    Raises `Invalid` for hours that nobody can mean.
    """
    require_administrator(actor)
    hours_each = registry.settings.incident_hours if hours is None else hours
    if not (math.isfinite(hours_each) and 0 <= hours_each <= MOST_HOURS):
        raise Invalid(f"hours for each package are a number between 0 and {MOST_HOURS:,.0f}")
    await registry.firewall.record.write_down(registry.database)
    moments = _moments(datetime.now(UTC))
    counts = await registry.database.read(counting.first_blocked, moments)
    months = [Month(begins, count) for begins, count in zip(moments, counts, strict=False)]
    return Savings(tuple(reversed(months)), hours_each)


def _moments(now: datetime) -> list[datetime]:
    """The beginnings of the last months, the present one and the next, in order."""
    last = now.year * 12 + now.month - 1
    numbers = range(last - MONTHS + 1, last + 2)
    return [datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC) for number in numbers]
