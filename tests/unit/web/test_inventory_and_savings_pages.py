"""The inventory narrowed down, sorted and exported; savings with another number."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entrepot.catalog import packages, waivers
from entrepot.catalog.waivers import Plea
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.waiver import Scope, Standing
from entrepot.operations.registry import Registry
from entrepot_testing import run
from web_visiting import EVERYTHING, Visitor, a_site, outline, write_decision


def fill(registry: Registry) -> None:
    """Two packages: one with a license that grace approved, one that =eve took."""
    made = registry.database.now(packages.create, 1, PackageName(PackageType.MODEL, "ada", "model"), private=False)
    registry.database.now(packages.describe, made.id, "1" * 40, {"cardData": {"license": "mit"}})
    plea = Plea(Scope(package="model/ada/model"), "a demo", datetime.now(UTC) + timedelta(days=2))
    waiver = registry.database.now(waivers.ask, plea, "ada")
    registry.database.now(waivers.decide, waiver.id, Standing.GRANTED, "grace", "seen")
    write_decision(registry, gives=True, size=10)
    write_decision(registry, gives=True, size=99, package="model/bob/other", actor="=eve()")


async def shown(visitor: Visitor, query: str) -> list[str]:
    """Which packages the table shows, in its order."""
    answer = await visitor.get(f"/inventory?{query}")
    assert answer.status == 200, answer.body
    text = outline(answer).text
    return sorted((name for name in ("ada/model", "bob/other") if name in text), key=text.index)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sort=bytes", ["ada/model", "bob/other"]),
        ("sort=-bytes", ["bob/other", "ada/model"]),
        ("sort=-approvals", ["ada/model", "bob/other"]),
        ("license=MIT", ["ada/model"]),
        ("waived=yes", ["ada/model"]),
        ("person=eve", ["bob/other"]),
        ("package=BOB", ["bob/other"]),
        ("source=local", ["bob/other", "ada/model"]),
        ("verdict=malicious", []),
        ("since=365d&verdict=unknown&license=unknown", ["bob/other"]),
    ],
)
def test_the_inventory_is_sorted_and_narrowed_down_by_its_address(tmp_path: Path, query: str, found: list[str]) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            fill(registry)
            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            assert await shown(admin, query) == found

    run(scenario)


def test_the_inventory_leaves_as_json_and_as_csv_without_formulas(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            fill(registry)
            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            rows = list(csv.DictReader(io.StringIO((await admin.get("/inventory?format=csv")).body.decode())))
            people = {row["package"]: row["people"] for row in rows}
            assert people == {"model/ada/model": "ada", "model/bob/other": "'=eve()"}
            lines = (await admin.get("/inventory?format=json&license=MIT")).json["inventory"]
            assert [(line["licenses"], line["waivers"][:10]) for line in lines] == [("MIT", "1 by grace")]

    run(scenario)


@pytest.mark.parametrize(
    "path", ["/inventory?since=2d", "/inventory?verdict=good", "/savings?hours=x", "/savings?hours=-1"]
)
def test_what_makes_no_sense_in_an_address_is_refused(tmp_path: Path, path: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            assert (await admin.get(path)).status == 400

    run(scenario)


def test_savings_show_the_formula_and_take_another_number(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path, incident_hours=3.0) as registry:
            for number in range(2):
                write_decision(registry, package=f"model/ada/{number}")
            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            assert "2 packages × 3.0 hours = 6.0 hours" in outline(await admin.get("/savings")).text
            assert "2 packages × 2.5 hours = 5.0 hours" in outline(await admin.get("/savings?hours=2.5")).text
            assert 'href="/savings"' in (await admin.get("/")).body.decode()
            reader = await Visitor(registry).sign_in("models:read")
            assert 'href="/savings"' not in (await reader.get("/")).body.decode()

    run(scenario)
