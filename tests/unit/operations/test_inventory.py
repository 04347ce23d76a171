"""What is in use: of uploads and of what came through a remote repository, with everything known of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from entrepot.catalog import dossiers, inventories, packages, reports, waivers
from entrepot.catalog.repositories import Kind
from entrepot.catalog.waivers import Plea
from entrepot.domain.actor import ANONYMOUS, Action, Actor, Grant
from entrepot.domain.content import Package
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import Forbidden, Unauthenticated
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.report import Category, Confidence, Coverage, Finding, Location, Report, Severity
from entrepot.domain.waiver import Scope, Standing
from entrepot.operations import dossier_text
from entrepot.operations import inventory as listing
from entrepot.operations.dossier_text import Written
from entrepot.operations.inventory import Item, inventory
from entrepot.operations.licensing import declared_in
from entrepot.operations.registry import Registry
from entrepot_testing import READER, add_repository, run
from firewalled import HOSTILE, KEY, a_firewall, ask, take
from web_visiting import a_site, write_decision

ADMIN = Actor("root", 9, 9, "root", (Grant("*", frozenset(Action)),))
COMMIT = "1" * 40
CARD = "---\nlicense: apache-2.0\nbase_model: meta/llama\n---\n"
CARD_DATA = {"license": "mit", "base_model": ["org/base"]}
UPSTREAM = "http://upstream.example"


def since(**ago: float) -> datetime:
    """A moment so long ago."""
    return datetime.now(UTC) - timedelta(**(ago or {"days": 30}))


def add_package(registry: Registry, number: int = 1, name: str = "model", **facts: Any) -> Package:
    """A package of ada's with these facts."""
    made = registry.database.now(packages.create, number, PackageName(PackageType.MODEL, "ada", name), private=False)
    registry.database.now(packages.describe, made.id, COMMIT, facts)
    return made


def keep_report(registry: Registry, path: str, digest: str, severity: Severity | None = None) -> None:
    """A full report on these bytes, with one finding or none."""
    finding = () if severity is None else (
        Finding("a.rule", severity, Confidence.HIGH, Category.MALWARE, Location(), "why"),
    )  # fmt: skip
    report = Report("test-1", Coverage.FULL, findings=finding)
    registry.database.now(reports.keep, reports.of_bytes(Digest(digest), path), report)


async def items_of(registry: Registry, moment: datetime | None = None) -> Mapping[str, Item]:
    """The inventory by package."""
    found = await inventory(registry, moment or since(), ADMIN)
    assert found.is_complete
    return {one.taken.place[1]: one for one in found.items}


def test_an_upload_that_was_taken_is_told_with_people_files_and_times(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            add_package(registry, cardData=CARD_DATA)
            for actor, path in (("grace", "a.bin"), ("ada", "a.bin"), ("ada", "b.bin")):
                write_decision(registry, actor=actor, path=path, size=10, gives=True)
            write_decision(registry, actor="eve", path="c.bin", gives=False)
            write_decision(registry, actor="old", path="d.bin", gives=True, at=since(days=60))
            one = (await items_of(registry))["model/ada/model"]
            assert one.taken.place == ("models", "model/ada/model", COMMIT)
            assert (one.source, one.people) == ("local", ("ada", "grace"))
            assert (one.taken.files, one.taken.bytes) == (2, 20)
            assert one.taken.first_at <= one.taken.last_at
            assert (one.licenses, one.licensed_by, one.base_models) == (("MIT",), "card", ("org/base",))
            assert (await items_of(registry, since(days=90)))["model/ada/model"].people == ("ada", "grace", "old")

    run(scenario)


def test_what_came_from_an_upstream_names_it_and_what_its_files_declare(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_firewall(tmp_path, 'name = "test"\n') as (fake, registry):
            fake.add("org/model", {"notes.md": b"hello", "README.md": CARD.encode()})
            await take(await ask(registry, "notes.md"), bytearray())
            found = (await items_of(registry))["model/org/model"]
            assert (found.taken.place[0], found.source) == (KEY.text, UPSTREAM)
            assert (found.people, found.taken.files, found.taken.bytes) == ((READER.name,), 1, 5)
            assert found.verdict == "clean", "the only file that was taken is a harmless text"
            assert len(found.taken.place[2]) == 40

    run(scenario)


def test_a_dossier_of_the_commit_counts_before_the_newest_card(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            made = add_package(registry, cardData=CARD_DATA)
            declared = declared_in({"README.md": CARD})
            content = dossier_text.dump(Written((), declared, (), has_bases=True, is_complete=True))
            registry.database.now(dossiers.keep, made.id, GitOid(COMMIT), "test-1", content)
            write_decision(registry, gives=True)
            write_decision(registry, gives=True, commit="3" * 40)
            found = {one.taken.place[2]: one for one in (await inventory(registry, since(), ADMIN)).items}
            assert (found[COMMIT].licenses, found[COMMIT].licensed_by) == (("Apache-2.0",), "dossier")
            assert (found["3" * 40].licenses, found["3" * 40].licensed_by) == (("MIT",), "card")

    run(scenario)


@pytest.mark.parametrize(
    ("severities", "verdict"),
    [
        ([None, None], "clean"),
        ([None, Severity.HIGH], "malicious"),
        ([Severity.MEDIUM, None], "suspicious"),
        ([Severity.MEDIUM, Severity.CRITICAL], "malicious"),
        ([Severity.LOW, None], "clean"),
        ([None, "not read"], "unknown"),
    ],
)
def test_the_worst_file_that_was_taken_is_the_verdict(
    tmp_path: Path, severities: list[Severity | str | None], verdict: str
) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            for number, severity in enumerate(severities):
                path, digest = f"{number}.bin", str(number) * 64
                write_decision(registry, gives=True, path=path, digest=digest)
                if severity is None or isinstance(severity, Severity):
                    keep_report(registry, path, digest, severity)
            keep_report(registry, "never-taken.bin", "f" * 64, Severity.CRITICAL)
            assert (await items_of(registry))["model/ada/model"].verdict == verdict

    run(scenario)


def test_a_file_without_a_digest_keeps_a_package_from_being_clean(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            write_decision(registry, gives=True, path="a.bin", digest="a" * 64)
            keep_report(registry, "a.bin", "a" * 64)
            assert (await items_of(registry))["model/ada/model"].verdict == "clean"
            write_decision(registry, gives=True, path="b.bin", digest="")
            assert (await items_of(registry))["model/ada/model"].verdict == "unknown"

    run(scenario)


def test_waivers_in_force_that_cover_it_are_named_and_others_are_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            write_decision(registry, gives=True, digest="a" * 64)
            scopes = (
                *(Scope(package="model/ada/model"), Scope("a rule", "models", "model/ada/model", COMMIT, "a" * 64)),
                *(Scope(package="model/ada/other"), Scope(digest="b" * 64), Scope(commit="2" * 40)),
                *(Scope(package="model/ada/model", repository="elsewhere"),),
            )
            for scope in scopes:
                plea = Plea(scope, "for a test", datetime.now(UTC) + timedelta(days=3))
                made = registry.database.now(waivers.ask, plea, "ada")
                registry.database.now(waivers.decide, made.id, Standing.GRANTED, "grace", "seen")
            over = Plea(scopes[0], "it is over", since(days=1))
            made = registry.database.now(waivers.ask, over, "ada")
            registry.database.now(waivers.decide, made.id, Standing.GRANTED, "grace", "seen")
            registry.database.now(waivers.ask, Plea(scopes[0], "not decided", datetime.now(UTC) + timedelta(1)), "ada")
            found = (await items_of(registry))["model/ada/model"].waivers
            assert [(one.id, one.decided_by) for one in found] == [(1, "grace"), (2, "grace")]

    run(scenario)


def test_what_is_gone_or_was_moved_is_still_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            made = add_package(registry, cardData=CARD_DATA)
            registry.database.now(packages.move, made, PackageName(PackageType.MODEL, "ada", "renamed"))
            write_decision(registry, gives=True)
            write_decision(registry, gives=True, package="model/ada/gone")
            write_decision(registry, gives=True, package="model/<b>no name</b>", repository="removed")
            found = await items_of(registry)
            assert found["model/ada/model"].licenses == ("MIT",)
            assert (found["model/ada/gone"].licenses, found["model/ada/gone"].source) == (("unknown",), "local")
            assert found["model/<b>no name</b>"].source == ""

    run(scenario)


def test_many_packages_are_looked_up_together_and_too_many_are_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            for number in range(listing.BATCH * 2 + 1):
                add_package(registry, 1, f"m{number}", cardData=CARD_DATA)
                write_decision(registry, gives=True, package=f"model/ada/m{number}")
            found = await items_of(registry)
            assert len(found) == listing.BATCH * 2 + 1
            assert {one.licenses for one in found.values()} == {("MIT",)}
            monkeypatch.setattr(listing, "MOST_ITEMS", 3)
            cut = await inventory(registry, since(), ADMIN)
            assert (len(cut.items), cut.is_complete) == (3, False)

    run(scenario)


def test_nothing_is_clean_where_not_every_file_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            for number in range(4):
                write_decision(registry, gives=True, path=f"{number}.bin", digest=str(number) * 64)
                keep_report(registry, f"{number}.bin", str(number) * 64)
            assert (await items_of(registry))["model/ada/model"].verdict == "clean"
            write_decision(registry, gives=True, package="model/ada/small", path="0.bin", digest="0" * 64)
            monkeypatch.setattr(listing, "MOST_PARTS", 3)
            cut = await inventory(registry, since(), ADMIN)
            assert not cut.is_complete
            found = {one.taken.place[1]: (one.verdict, one.taken.files) for one in cut.items}
            assert found == {"model/ada/small": ("clean", 1), "model/ada/model": ("unknown", 4)}

    run(scenario)


def test_a_malicious_file_that_passed_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_firewall(tmp_path, 'name = "test"\n') as (fake, registry):
            fake.add("org/model", {"model.bin": HOSTILE})
            await take(await ask(registry), bytearray())
            assert (await items_of(registry))["model/org/model"].verdict == "malicious"

    run(scenario)


def test_only_administrators_see_who_took_what(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            add_repository(registry, "other", Kind.LOCAL)
            with pytest.raises(Forbidden):
                await inventory(registry, since(), READER)
            with pytest.raises(Unauthenticated):
                await inventory(registry, since(), ANONYMOUS)
            assert registry.database.now(inventories.taken, since(), 5) == []

    run(scenario)
