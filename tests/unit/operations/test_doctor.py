"""The doctor names what a careful operator would change, and is silent where all is well."""

from pathlib import Path
from typing import Any

import pytest

from entrepot.catalog import access, policies
from entrepot.catalog.access import NewToken
from entrepot.catalog.repositories import Kind
from entrepot.domain.actor import ANONYMOUS, Action, Grant
from entrepot.domain.errors import Unauthenticated
from entrepot.operations import doctor, legislate
from entrepot.operations.doctor import Checked, Finding
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, close_registry, make_registry, run


def _examined(registry: Registry) -> dict[str, Checked]:
    async def test() -> dict[str, Checked]:
        try:
            return {one.name: one for one in await doctor.examine_here(registry)}
        finally:
            await close_registry(registry)

    return run(test)


def _registry(folder: Path, **settings: Any) -> Registry:
    folder.mkdir(exist_ok=True, mode=0o700)
    registry = make_registry(folder, scanning="on", **settings)
    add_repository(registry, "models")
    return registry


def test_of_a_careful_set_up_nothing_is_bad(tmp_path: Path) -> None:
    registry = _registry(tmp_path / "data", two_person_waivers="on")
    legislate.begin(registry.database)
    found = _examined(registry)
    allowed = {"user"}  # tests may well run as root
    assert {name for name, one in found.items() if one.finding is not Finding.GOOD} <= allowed
    assert "no network" in found["scanning"].what


@pytest.mark.parametrize(
    ("settings", "name", "finding", "advice"),
    [
        ({"host": "0.0.0.0"}, "address", Finding.WARNING, "ENTREPOT_PUBLIC_URL"),
        ({"scanning": "off"}, "scanning", Finding.BAD, "ENTREPOT_SCANNING=on"),
        ({}, "two people", Finding.WARNING, "ENTREPOT_TWO_PERSON_WAIVERS=on"),
        ({}, "policies", Finding.BAD, "entrepot policy default"),
    ],
)
def test_what_a_setting_opens_is_told_with_what_closes_it(
    tmp_path: Path, settings: dict[str, Any], name: str, finding: Finding, advice: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    registry = make_registry(folder, **{"scanning": "on", **settings})
    add_repository(registry, "models")
    found = _examined(registry)[name]
    assert found.finding is finding and advice in found.advice


def test_who_reads_without_a_token_or_without_encryption_is_named(tmp_path: Path) -> None:
    registry = _registry(tmp_path / "data")
    add_repository(registry, "open", anonymous_read=True)
    add_repository(registry, "outside", Kind.REMOTE, upstream="http://models.example.org")
    found = _examined(registry)
    assert "open" in found["anonymous reading"].what and "outside" in found["upstreams"].what


def test_files_that_others_may_read_are_bad(tmp_path: Path) -> None:
    registry = _registry(tmp_path / "data")
    (tmp_path / "data" / "secret-key").write_text("a key\n")
    (tmp_path / "data" / "secret-key").chmod(0o644)
    found = _examined(registry)["files"]
    assert found.finding is Finding.BAD and "chmod 600" in found.advice


def test_a_token_without_an_end_is_named_where_it_administers(tmp_path: Path) -> None:
    registry = _registry(tmp_path / "data")
    everything = (Grant("*", frozenset(Action)),)
    registry.database.now(access.create_token, NewToken("hf_secret", "forever", "root", everything))
    reading = (Grant("*", frozenset({Action.READ})),)
    registry.database.now(access.create_token, NewToken("hf_other", "reader", "eve", reading))
    found = _examined(registry)["tokens"]
    assert "forever" in found.what and "reader" not in found.what


def test_a_policy_that_blocks_nothing_is_told(tmp_path: Path) -> None:
    registry = _registry(tmp_path / "data")
    registry.database.now(policies.apply, "soft", 'name = "soft"', "", "test")
    assert "models" in _examined(registry)["blocking"].what


def test_only_administrators_may_ask_over_the_network(tmp_path: Path) -> None:
    registry = _registry(tmp_path / "data")

    async def test() -> None:
        try:
            with pytest.raises(Unauthenticated):
                await doctor.examine(registry, ANONYMOUS)
        finally:
            await close_registry(registry)

    run(test)
