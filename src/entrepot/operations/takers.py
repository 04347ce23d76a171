"""Takers: who uses a package, when, and with which client; sums for everybody, people for administrators alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from entrepot.catalog import decisions, takers
from entrepot.catalog.decisions import Filter, Line
from entrepot.catalog.takers import Taken, Totals
from entrepot.operations.exhibit import Exhibit
from entrepot.operations.registry import Registry

DAYS = 90
LINES = 30
NAMES = 20


@dataclass(frozen=True, slots=True)
class Takers:
    """The use of a package in the last days."""

    totals: Totals
    people: Sequence[Taken] = ()
    clients: Sequence[Taken] = ()
    lines: Sequence[Line] = ()
    days: int = DAYS
    is_all: bool = False
    """Whether the visitor sees people, too."""


async def takers_of(registry: Registry, shown: Exhibit) -> Takers:
    """Who took files of the exhibit's package, as far as the visitor may know."""
    await registry.firewall.record.write_down(registry.database)
    key = shown.case.repository.row.key
    package = f"{shown.package.name.type.value}/{shown.package.name.id}"
    since = datetime.now(UTC) - timedelta(days=DAYS)
    about = (key.text, package, since)
    sums = await registry.database.read(takers.totals, *about)
    if not shown.case.actor.is_administrator:
        return Takers(sums)
    wanted = Filter(since=since, package=package, repository=key.text, gives=True)
    people, clients, lines = await registry.database.read(
        lambda c: (
            takers.by(c, "actor", about, NAMES),
            takers.by(c, "client", about, NAMES),
            decisions.page(c, wanted, LINES),
        )
    )
    return Takers(sums, people, clients, lines, is_all=True)
