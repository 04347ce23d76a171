"""Overview: what was blocked, what waits, what nobody has looked at, what was served, what sharing saves."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from entrepot.catalog import overviews, reports
from entrepot.catalog.decisions import Filter, Line
from entrepot.catalog.overviews import Day, Met
from entrepot.domain.actor import Actor
from entrepot.domain.waiver import Standing, Waiver
from entrepot.operations.audit import decisions_that
from entrepot.operations.authorize import require_administrator
from entrepot.operations.registry import Registry
from entrepot.operations.storage import Storage, measure
from entrepot.operations.waive import list_waivers

DAYS = 14
LINES = 8
MOST_UNSEEN = 1000
"""Counting goes no further: from there on it is "many"."""
PATIENCE = 200.0
"""What took a second to count is counted again after so many."""
STILL_WRITING = timedelta(minutes=5)
"""For how long after a day something may be written down that was decided in it."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What only those see who run the place."""

    unseen: int
    """Files that nobody has looked at yet; `MOST_UNSEEN` for that many and more."""
    storage: Storage


@dataclass(frozen=True, slots=True)
class Overview:
    """What happened lately and what is to be done, as far as it is the actor's business."""

    refused: list[Line]
    met: list[Met]
    waiting: list[Waiver]
    days: list[Day]
    instance: Instance | None
    is_unused: bool
    """Whether nobody has asked for anything yet, ever."""


async def overview(registry: Registry, actor: Actor) -> Overview:
    """The whole of it for administrators, one's own for everybody else; raises `Unauthenticated` without a token."""
    if actor.is_anonymous:
        require_administrator(actor)
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    page = await decisions_that(registry, Filter(refused=True, since=day), LINES, actor)
    whose = "" if actor.is_administrator else actor.name
    met, unused = await registry.database.read(
        lambda c: (overviews.refused_since(c, day, whose, LINES), overviews.is_unused(c))
    )
    days = [await _day(registry, day - timedelta(days=back), whose) for back in range(DAYS - 1, -1, -1)]
    waiting = await list_waivers(registry, Standing.ASKED, actor)
    instance = await instance_now(registry, actor) if actor.is_administrator else None
    return Overview(page.lines, met, waiting, days, instance, unused)


async def _day(registry: Registry, begins: datetime, whose: str) -> Day:
    """What a day was like; one that is over stays as it was."""
    key, ends = ("day", begins, whose), begins + timedelta(days=1)
    known = registry.overviews.get(key)
    if isinstance(known, Day):
        return known
    found = await registry.database.read(overviews.of_day, begins, ends, whose)
    if datetime.now(UTC) > ends + STILL_WRITING:
        registry.overviews.put(key, found)
    return found


async def instance_now(registry: Registry, actor: Actor) -> Instance:
    """How much is kept and what is unseen; for administrators. Where counting takes long, as of a while ago."""
    require_administrator(actor)
    known = registry.overviews.get("instance")
    began = time.monotonic()
    if isinstance(known, _Counted) and began < known.until:
        return known.found
    unseen = await registry.database.read(lambda c: len(reports.unseen(c, 0, MOST_UNSEEN)))
    found = Instance(unseen, await measure(registry))
    ended = time.monotonic()
    registry.overviews.put("instance", _Counted(found, ended + (ended - began) * PATIENCE))
    return found


@dataclass(frozen=True, slots=True)
class _Counted:
    found: Instance
    until: float
