"""Asking for an exception: for what was refused, by who may know of it, and in words that can be kept."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from entrepot.catalog import packages, repositories, tables
from entrepot.catalog.decisions import Filter
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.errors import Blocked, Invalid, NotFound
from entrepot.domain.waiver import Scope, Standing
from entrepot.operations.audit import decision, decisions_that
from entrepot.operations.registry import Registry
from entrepot.operations.waive import Asking, ask_waiver, decide_waiver, scope_of
from entrepot_testing import READER, apply_policy, rule_about, run
from firewalled import KEY, NAME, a_firewall, ask

ADMINISTRATOR = Actor("root", 2, 2, "a token", (Grant("*", frozenset(Action)),))
PASSER_BY = Actor("eve", 3, 3, "a token", (Grant("other", frozenset({Action.READ})),))
OPEN = {"anonymous_read": True}
NO_BINARIES = rule_about('path = ["*.bin"]', name="no binaries")


def open_to_all(connection: Connection, repository_id: int) -> None:
    """Let everybody read what is not private."""
    connection.execute(update(tables.repositories).where(tables.repositories.c.id == repository_id), OPEN)


async def uid_of(registry: Registry) -> str:
    page = await decisions_that(registry, Filter(door="file"), 1, ADMINISTRATOR)
    return page.lines[0].recorded.uid


def test_there_is_nothing_to_waive_where_nothing_was_refused(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": b"hello"})
            await ask(registry)
            with pytest.raises(Invalid, match="nothing to waive"):
                await scope_of(registry, await uid_of(registry), READER)

    run(test)


def test_what_was_decided_of_a_private_package_is_for_those_who_see_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, NO_BINARIES) as (fake, registry):
            row = registry.database.now(repositories.find, KEY)
            registry.database.now(open_to_all, row.id)
            fake.add("org/model", {"model.bin": b"hello"})
            with pytest.raises(Blocked) as caught:
                await ask(registry)
            uid = caught.value.decision
            assert (await decision(registry, uid, PASSER_BY)).recorded.path == "model.bin"
            assert (await scope_of(registry, uid, PASSER_BY)).rule == "no binaries"
            found = await registry.database.read(packages.find, row.id, NAME)
            await registry.database.write(packages.configure, found.id, packages.Settings(private=True))
            for asked in (decision, scope_of):
                with pytest.raises(NotFound, match="there is no decision"):
                    await asked(registry, uid, PASSER_BY)  # type: ignore[operator]
                assert await asked(registry, uid, READER)  # type: ignore[operator]

    run(test)


def test_a_waiver_is_for_the_rule_of_the_policy_that_refused(tmp_path: Path) -> None:
    first = rule_about('path = ["*.bin"]\nunless.approved = true', name="approved").replace('"test"', '"first"')
    second = first.replace('"first"', '"second"')

    async def refused_by(registry: Registry) -> tuple[Scope, str]:
        with pytest.raises(Blocked) as caught:
            await ask(registry)
        recorded = (await decision(registry, caught.value.decision, ADMINISTRATOR)).recorded
        return await scope_of(registry, recorded.uid, READER), recorded.decision.policy

    async def test() -> None:
        async with a_firewall(tmp_path, first) as (fake, registry):
            fake.add("org/model", {"model.bin": b"hello"})
            apply_policy(registry, second, "the second")
            scope, policy = await refused_by(registry)
            assert (scope.policy, scope.rule) == ("first", "approved") and policy.startswith("first@")
            asked = await ask_waiver(registry, Asking(scope, "it was read", 1), READER)
            await decide_waiver(registry, asked.id, Standing.GRANTED, "so it was", ADMINISTRATOR)
            scope, policy = await refused_by(registry)
            assert (scope.policy, scope.rule) == ("second", "approved") and policy.startswith("second@")
            # Whoever means the rules of that name in all policies says so.
            asked = await ask_waiver(registry, Asking(replace(scope, policy=""), "it was read", 1), READER)
            await decide_waiver(registry, asked.id, Standing.GRANTED, "so it was", ADMINISTRATOR)
            assert (await ask(registry)).file.path.text == "model.bin"

    run(test)


@pytest.mark.parametrize(
    "wrong",
    [
        Asking(Scope(rule="r" * 121), "it was read", 1),
        Asking(Scope(rule="a", policy="p" * 81), "it was read", 1),
        Asking(Scope(policy="a"), "it was read", 1),
        Asking(Scope(package="p" * 221), "it was read", 1),
        Asking(Scope(commit="c" * 41), "it was read", 1),
        Asking(Scope(digest="d" * 65), "it was read", 1),
        Asking(Scope(rule="a\0b"), "it was read", 1),
        Asking(Scope(rule="a"), "it was\0read", 1),
        Asking(Scope(rule="a"), "it was read", 1, "d" * 33),
        Asking(Scope(rule="a"), "it was read", 1, "\0"),
    ],
)
def test_what_no_catalog_could_keep_is_refused(tmp_path: Path, wrong: Asking) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (_, registry):
            apply_policy(registry, NO_BINARIES)
            with pytest.raises(Invalid):
                await ask_waiver(registry, wrong, READER)
            right = replace(wrong, scope=Scope(rule="no binaries"), reason="it was read", decision="")
            assert (await ask_waiver(registry, right, READER)).scope.rule == "no binaries"

    run(test)
