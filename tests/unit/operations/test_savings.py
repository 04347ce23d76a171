"""What refusals are worth: packages times hours, each package once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.decision import ALLOWED, Decision, Effect
from entrepot.domain.door import Door
from entrepot.domain.errors import Forbidden, Invalid
from entrepot.operations import savings as counting
from entrepot.operations.savings import MONTHS, savings
from entrepot_testing import READER, run
from web_visiting import a_site, write_decision

ADMIN = Actor("root", 9, 9, "root", (Grant("*", frozenset(Action)),))


def test_a_package_counts_once_in_the_month_in_which_it_was_first_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            now = datetime.now(UTC)
            before = now.replace(day=1) - timedelta(days=3)
            for moment in (now, now, before, before):
                write_decision(registry, at=moment, package="model/ada/twice")
            for number in range(2):
                write_decision(registry, at=now, package=f"model/ada/{number}", actor="grace")
            found = await savings(registry, ADMIN)
            assert [month.packages for month in found.months[:3]] == [2, 1, 0]
            assert (len(found.months), found.packages, found.hours_each, found.hours) == (MONTHS, 3, 8.0, 24.0)
            assert (await savings(registry, ADMIN, 1.5)).hours == 4.5

    run(scenario)


def test_what_was_held_allowed_uploaded_or_is_long_ago_does_not_count(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path, incident_hours=2.0) as registry:
            write_decision(registry, package="model/ada/held", decision=Decision(Effect.HOLD, (), "r", "p", ()))
            write_decision(registry, package="model/ada/given", decision=ALLOWED, gives=True)
            write_decision(registry, package="model/ada/sent", door=Door.UPLOAD)
            for moment in (datetime.now(UTC) - timedelta(days=500), datetime.now(UTC)):
                write_decision(registry, package="model/ada/old", at=moment)
            assert (await savings(registry, ADMIN)).packages == 0
            write_decision(registry, package="model/ada/new")
            assert (await savings(registry, ADMIN)).hours == 2.0

    run(scenario)


@pytest.mark.parametrize("hours", [-1.0, float("inf"), float("nan"), 10_001.0])
def test_hours_that_nobody_can_mean_are_refused(tmp_path: Path, hours: float) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            with pytest.raises(Invalid):
                await savings(registry, ADMIN, hours)

    run(scenario)


def test_only_administrators_count(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            with pytest.raises(Forbidden):
                await savings(registry, READER)

    run(scenario)


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_months_go_over_the_turn_of_the_year(now: datetime, first: datetime, last: datetime) -> None:
    found = counting._moments(now)
    assert (found[0], found[-1], len(found)) == (first, last, MONTHS + 1)
