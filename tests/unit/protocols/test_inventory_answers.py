"""The inventory over our own interface: as its description says, and for administrators alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema

from asgi_asking import ask, bearer
from entrepot.catalog import packages, waivers
from entrepot.catalog.waivers import Plea
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.waiver import Scope, Standing
from entrepot.protocols.api.openapi import description
from entrepot_testing import run
from web_visiting import EVERYTHING, a_site, write_decision

PATH = "/api/v1/inventory"


def _schema() -> dict[str, Any]:
    whole = description()
    told = whole["paths"]["/inventory"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return {**told, "components": whole["components"]}


def test_the_answer_is_as_it_is_described(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            made = registry.database.now(
                packages.create, 1, PackageName(PackageType.MODEL, "ada", "model"), private=False
            )
            card = {"license": "mit", "base_model": "org/base"}
            registry.database.now(packages.describe, made.id, "1" * 40, {"cardData": card})
            plea = Plea(Scope(package="model/ada/model"), "a demo", datetime.now(UTC) + timedelta(days=2))
            waiver = registry.database.now(waivers.ask, plea, "ada")
            registry.database.now(waivers.decide, waiver.id, Standing.GRANTED, "grace", "seen")
            write_decision(registry, gives=True)
            write_decision(registry, gives=True, package="dataset/ada/set", actor="<b>eve</b>", size=None)
            answer = await ask(registry, "GET", PATH, headers=bearer(registry, EVERYTHING, user="root"))
            assert answer.status == 200
            jsonschema.validate(answer.json, _schema())
            items = {one["package"]: one for one in answer.json["items"]}
            one = items["model/ada/model"]
            assert (one["licenses"], one["base_models"], one["people"]) == (["MIT"], ["org/base"], ["ada"])
            assert [(w["id"], w["granted_by"], w["reason"]) for w in one["waivers"]] == [(1, "grace", "a demo")]
            assert items["dataset/ada/set"]["people"] == ["<b>eve</b>"]
            assert items["dataset/ada/set"]["bytes"] == 0

    run(scenario)


def test_since_is_read_and_what_is_no_time_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            write_decision(registry, gives=True, at=datetime.now(UTC) - timedelta(days=100))
            admin = bearer(registry, EVERYTHING, user="root")
            assert (await ask(registry, "GET", PATH, headers=admin)).json["items"] == []
            assert len((await ask(registry, "GET", f"{PATH}?since=200d", headers=admin)).json["items"]) == 1
            wrong = await ask(registry, "GET", f"{PATH}?since=yesterday", headers=admin)
            assert wrong.status == 400 and "30d" in wrong.json["error"]["message"]

    run(scenario)


def test_readers_and_strangers_get_no_inventory(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            reader = bearer(registry, "*:read,write,delete")
            assert (await ask(registry, "GET", PATH, headers=reader)).status == 403
            assert (await ask(registry, "GET", PATH)).status == 401

    run(scenario)
