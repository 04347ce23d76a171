"""What decides, and from when on: policies, waivers, and the virtual repositories that others are reached through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from entrepot.catalog import law, policies, waivers
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import Kind
from entrepot.catalog.waivers import Plea
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked, FileNotFound
from entrepot.domain.names import FilePath, Locator, RepositoryKey
from entrepot.domain.waiver import Scope, Standing
from entrepot.operations import firewall as firewalls
from entrepot.operations.browse import Question, view
from entrepot.operations.download import download, look
from entrepot.operations.registry import Registry
from entrepot_testing import READER, add_repository, apply_policy, close_registry, make_registry, rule_about, run
from fake_upstream import FIRST, SECOND, FakeUpstream, model

KEY, OTHER = RepositoryKey("remote"), RepositoryKey("other")
NAME = model("org/model")
TEXT, MORE = b"hello there", b"hello again"
NO_TEXTS = rule_about('path = ["*.txt"]\nunless.approved = true', name="no texts")


@asynccontextmanager
async def a_registry(folder: Path) -> AsyncIterator[Registry]:
    """Two remote repositories with the same packages of two text files each, over which a virtual one is."""
    fake = FakeUpstream()
    for name in ("org/model", "org/second"):
        fake.add(name, {"a.txt": MORE, "b.txt": MORE}, SECOND)
        fake.add(name, {"a.txt": TEXT, "b.txt": MORE}, FIRST)
    registry = make_registry(folder, upstream=lambda row: fake, scanning="on", branch_seconds=60.0)
    try:
        yield registry
    finally:
        await close_registry(registry)


def set_up(registry: Registry) -> None:
    add_repository(registry, "remote", Kind.REMOTE, upstream="http://upstream.example")
    add_repository(registry, "other", Kind.REMOTE, upstream="http://upstream.example")
    add_repository(registry, "hub", Kind.VIRTUAL, members=["remote"])


async def passes(
    registry: Registry, path: str = "a.txt", key: RepositoryKey = KEY, name: str = "org/model", ref: str = "main"
) -> bool:
    try:
        clearance = await download(registry, Locator(key, model(name), ref, FilePath(path)), READER)
    except Blocked as error:
        assert "no texts" in str(error)
        return False
    return bool(b"".join([piece async for piece in clearance.open(0, clearance.file.size)]))


def grant(registry: Registry, scope: Scope, seconds: float = 3600) -> int:
    plea = Plea(scope, "it was read", datetime.now(UTC) + timedelta(seconds=seconds))
    waiver = registry.database.now(waivers.ask, plea, "ada")
    registry.database.now(waivers.decide, waiver.id, Standing.GRANTED, "eve", "so it was")
    registry.firewall.look_again()
    return waiver.id


def test_a_policy_counts_from_the_moment_on_that_it_is_applied_and_until_it_is_taken_back(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            assert await passes(registry)
            apply_policy(registry, NO_TEXTS)
            assert not await passes(registry)
            apply_policy(registry, rule_about('path = ["b.txt"]', name="no texts"))
            assert await passes(registry) and not await passes(registry, "b.txt")
            apply_policy(registry, "")
            assert await passes(registry, "b.txt")

    run(test)


def test_a_decision_about_the_package_is_not_remembered_past_its_policy(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            apply_policy(registry, rule_about('publisher = ["somebody"]'))
            await view(registry, Question(KEY, NAME, READER), "main")
            apply_policy(registry, rule_about('publisher = ["org"]', name="not from there"))
            with pytest.raises(Blocked, match="not from there"):
                await view(registry, Question(KEY, NAME, READER), "main")

    run(test)


def test_a_decision_about_the_package_is_not_remembered_past_a_new_way_to_reach_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            apply_policy(registry, rule_about('repository = ["team"]'))
            question = Question(OTHER, NAME, READER)
            await view(registry, question, "main")
            add_repository(registry, "team", Kind.VIRTUAL, members=["other"])
            registry.firewall.look_again()
            with pytest.raises(Blocked):
                await view(registry, question, "main")

    run(test)


def test_a_policy_that_is_applied_while_the_law_is_being_read_counts_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            read = type(registry.database).read

            async def slowly(self: Database, *args: Any) -> Any:
                found = await read(self, *args)
                if args[0] is law.read:
                    monkeypatch.undo()
                    apply_policy(registry, NO_TEXTS)
                return found

            monkeypatch.setattr(Database, "read", slowly)
            await registry.firewall.law(registry.database)
            assert not await passes(registry)

    run(test)


def test_another_process_follows_within_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firewalls, "LAW_SECONDS", 0.05)

    async def test() -> None:
        async with a_registry(tmp_path) as registry, a_registry(tmp_path) as other:
            set_up(registry)
            assert await passes(other)
            apply_policy(registry, NO_TEXTS)
            await asyncio.sleep(0.1)
            assert not await passes(other)
            number = grant(registry, Scope(rule="no texts"))
            await asyncio.sleep(0.1)
            assert await passes(other)
            registry.database.now(waivers.decide, number, Standing.WITHDRAWN, "eve", "not any more")
            await asyncio.sleep(0.1)
            assert not await passes(other)

    run(test)


def test_a_process_looks_at_the_law_again_after_a_second() -> None:
    assert firewalls.LAW_SECONDS <= 1


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(digest=Digest.of(TEXT).hex), {"a.txt"}),
        (Scope(digest=Digest.of(MORE).hex), {"b.txt", "second/b.txt", "other/b.txt", "old/a.txt"}),
        (Scope(package="model/org/model"), {"a.txt", "b.txt", "other/b.txt", "old/a.txt"}),
        (Scope(package="model/org/second"), {"second/b.txt"}),
        (Scope(package="org/model"), set()),
        (Scope(commit=SECOND.hex), {"old/a.txt"}),
        (Scope(rule="no texts"), {"a.txt", "b.txt", "second/b.txt", "other/b.txt", "old/a.txt"}),
        (Scope(rule="another rule"), set()),
        (Scope(rule="no texts", repository="other"), {"other/b.txt"}),
        (Scope(package="model/org/model", digest=Digest.of(MORE).hex), {"b.txt", "other/b.txt", "old/a.txt"}),
        (Scope(repository="remote"), set()),
        (Scope(), set()),
    ],
)
def test_a_waiver_lets_pass_what_it_is_for_and_nothing_else(tmp_path: Path, scope: Scope, expected: set[str]) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            for path in ("a.txt", "b.txt"):
                assert await passes(registry, path)  # from now on their digests are known
            assert await passes(registry, "b.txt", name="org/second")
            assert await passes(registry, "b.txt", OTHER)
            assert await passes(registry, "a.txt", ref=SECOND.hex)
            apply_policy(registry, NO_TEXTS)
            grant(registry, scope)
            found = {
                "a.txt": await passes(registry),
                "b.txt": await passes(registry, "b.txt"),
                "second/b.txt": await passes(registry, "b.txt", name="org/second"),
                "other/b.txt": await passes(registry, "b.txt", OTHER),
                "old/a.txt": await passes(registry, "a.txt", ref=SECOND.hex),
            }
            assert {name for name, passed in found.items() if passed} == expected

    run(test)


def test_a_waiver_ends_with_its_time(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            apply_policy(registry, NO_TEXTS)
            grant(registry, Scope(rule="no texts"), seconds=-1)
            assert not await passes(registry)
            grant(registry, Scope(rule="no texts"))
            assert await passes(registry)
            # The process has read it, and is not told again: the time alone ends it.
            standing = await registry.firewall.law(registry.database)
            over = tuple(replace(waiver, expires_at=datetime.now(UTC)) for waiver in standing.waivers)
            registry.firewall._law = replace(standing, waivers=over)
            registry.firewall._looked_at = float("inf")
            assert not await passes(registry)

    run(test)


@pytest.mark.parametrize("standing", [Standing.REFUSED, Standing.WITHDRAWN])
def test_only_what_was_granted_lets_pass(tmp_path: Path, standing: Standing) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            apply_policy(registry, NO_TEXTS)
            plea = Plea(Scope(rule="no texts"), "please", datetime.now(UTC) + timedelta(days=1))
            waiver = registry.database.now(waivers.ask, plea, "ada")
            registry.firewall.look_again()
            assert not await passes(registry)
            registry.database.now(waivers.decide, waiver.id, standing, "eve", "no")
            registry.firewall.look_again()
            assert not await passes(registry)

    run(test)


def test_a_policy_on_a_virtual_repository_holds_for_its_members_however_they_are_asked(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            apply_policy(registry, NO_TEXTS.replace('["*"]', '["hub"]'))
            assert not await passes(registry, key=RepositoryKey("hub"))
            assert not await passes(registry, key=KEY)
            assert await passes(registry, key=OTHER)
            add_repository(registry, "hub2", Kind.VIRTUAL, members=["other"])
            apply_policy(registry, NO_TEXTS.replace('["*"]', '["hub2"]'), "second")
            assert not await passes(registry, key=OTHER)

    run(test)


def test_a_policy_on_a_member_holds_for_who_comes_through_the_virtual_repository(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            apply_policy(registry, NO_TEXTS.replace('["*"]', '["remote"]'))
            assert not await passes(registry, key=RepositoryKey("hub"))

    run(test)


@pytest.mark.parametrize("rule", ['path = ["*.txt"]', 'coverage = ["full", "partial", "none"]'])
def test_what_somebody_has_and_is_blocked_now_is_withdrawn_and_not_only_refused(tmp_path: Path, rule: str) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            set_up(registry)
            assert await passes(registry)
            await registry.firewall.record.write_down(registry.database)
            apply_policy(registry, rule_about(rule, name="no texts"))
            # Clients answer any other refusal by what is in their cache.
            with pytest.raises(FileNotFound, match="withdrawn after it had been downloaded") as withdrawn:
                await look(registry, Locator(KEY, NAME, "main", FilePath("a.txt")), READER, Door.HEAD)
            assert withdrawn.value.commit is None
            assert not await passes(registry)

    run(test)


def test_every_version_of_a_policy_stays_to_be_read(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            for text in (NO_TEXTS, "", NO_TEXTS):
                apply_policy(registry, text)
            found = registry.database.now(policies.versions, "test")
            assert [(row.version, bool(row.text)) for row in found] == [(3, True), (2, False), (1, True)]
            standing = await registry.firewall.law(registry.database)
            assert [policy.label for policy in standing.policies] == ["test@3"]

    run(test)
