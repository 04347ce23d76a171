"""Grants as they are reached: through virtual repositories, by anonymous readers, by tokens of other repositories."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from entrepot.catalog.packages import Settings
from entrepot.catalog.repositories import Kind
from entrepot.catalog.search import Query
from entrepot.domain.actor import ANONYMOUS, Action, Actor, Grant
from entrepot.domain.digest import Digest
from entrepot.domain.errors import (
    AlreadyExists,
    EntrepotError,
    Forbidden,
    NotFound,
    PackageNotFound,
    RepositoryNotFound,
)
from entrepot.domain.names import FilePath, Locator, PackageName, PackageType, RefName, RepositoryKey
from entrepot.operations import browse, manage
from entrepot.operations.browse import Place, Question
from entrepot.operations.by_digest import within_reach
from entrepot.operations.download import look
from entrepot.operations.publish import Draft, InlineFile, Item, publish, upload
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, close_registry, make_registry, run

NAME = PackageName(PackageType.MODEL, "ada", "model")
HUB, TEAM, OPEN = RepositoryKey("hub"), RepositoryKey("team"), RepositoryKey("open")
BYTES = b"the weights"


def holder(*grants: str) -> Actor:
    """Somebody with a token for these, written as `hub:read,write`."""
    found = [(text.partition(":")[0], text.partition(":")[2].split(",")) for text in grants]
    return Actor("eve", 1, 1, "t", tuple(Grant(key, frozenset(Action(word) for word in words)) for key, words in found))


ADMIN = holder("*:read,write,delete,administer")


@asynccontextmanager
async def a_registry(folder: Path) -> AsyncIterator[Registry]:
    """Local `team`, `other`, and `open`, which everybody reads; `hub` is over the first two and deploys to `other`."""
    registry = make_registry(folder)
    add_repository(registry, "team")
    add_repository(registry, "other")
    add_repository(registry, "open", anonymous_read=True)
    add_repository(registry, "hub", Kind.VIRTUAL, members=["team", "other"], deploy_to="other")
    add_repository(registry, "frozen", Kind.VIRTUAL, members=["team"])
    try:
        yield registry
    finally:
        await close_registry(registry)


async def _items(*items: Item) -> AsyncIterator[Item]:
    for item in items:
        yield item


async def _pieces() -> AsyncIterator[bytes]:
    yield BYTES


async def commit_through(registry: Registry, key: RepositoryKey, actor: Actor) -> None:
    here = await manage.workplace(registry, key, NAME, actor)
    items = _items(InlineFile(FilePath("new.txt"), b"new"))
    await publish(registry, here.repository, actor, Draft(here.package, RefName("refs/heads/main"), "m", "", items))


def test_a_virtual_repository_changes_nothing_but_its_deploy_target(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            await manage.create(registry, TEAM, NAME, ADMIN, private=False)
            everything = holder("hub:read,write,delete", "frozen:read,write,delete")
            for key in (HUB, RepositoryKey("frozen")):
                with pytest.raises(Forbidden, match="team"):
                    await commit_through(registry, key, everything)
                with pytest.raises(Forbidden, match="team"):
                    await manage.delete(registry, key, NAME, everything)
            await commit_through(registry, TEAM, ADMIN)

    run(test)


def test_the_deploy_target_is_changed_through_the_virtual_repository(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            writer = holder("hub:read,write")
            await manage.create(registry, HUB, NAME, writer, private=False)
            await commit_through(registry, HUB, writer)
            with pytest.raises(RepositoryNotFound):
                await commit_through(registry, RepositoryKey("other"), writer)

    run(test)


def test_what_a_local_member_has_is_not_made_again_beside_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            await manage.create(registry, TEAM, NAME, ADMIN, private=False)
            with pytest.raises(AlreadyExists):
                await manage.create(registry, HUB, NAME, ADMIN, private=False)
            mine = PackageName(PackageType.MODEL, "ada", "mine")
            await manage.create(registry, HUB, mine, ADMIN, private=False)
            with pytest.raises(AlreadyExists):
                await manage.move(registry, HUB, mine, NAME, ADMIN)
            with pytest.raises(Forbidden, match="namespace"):
                await manage.move(registry, HUB, mine, PackageName(PackageType.MODEL, None, "mine"), ADMIN)

    run(test)


@pytest.mark.parametrize("actor", [ANONYMOUS, holder("team:read,write")], ids=["nobody", "a token of another"])
def test_private_packages_are_for_those_who_were_granted_to_read(tmp_path: Path, actor: Actor) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            await manage.create(registry, OPEN, NAME, ADMIN, private=True)
            for question in (
                browse.place(registry, OPEN, NAME, actor),
                browse.view(registry, Question(OPEN, NAME, actor), "main"),
                look(registry, Locator(OPEN, NAME, "main", FilePath(".gitattributes")), actor),
            ):
                with pytest.raises(PackageNotFound):
                    await question
            query = Query(PackageType.MODEL)
            assert (await browse.search(registry, OPEN, query, "", actor)).packages == []
            assert len((await browse.search(registry, OPEN, query, "", holder("open:read"))).packages) == 1
            await browse.place(registry, OPEN, NAME, holder("open:read"))
            await manage.configure(registry, OPEN, NAME, Settings(private=False), ADMIN)
            await browse.place(registry, OPEN, NAME, actor)

    run(test)


def test_a_digest_of_a_private_package_opens_nothing_to_those_who_may_not_read_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            await manage.create(registry, OPEN, NAME, ADMIN, private=True)
            here = await manage.workplace(registry, OPEN, NAME, ADMIN)
            await upload(registry, here.repository, _pieces(), Digest.of(BYTES), len(BYTES))
            items = _items(InlineFile(FilePath("secret"), BYTES))
            main = RefName("refs/heads/main")
            await publish(registry, here.repository, ADMIN, Draft(here.package, main, "m", "", items))
            theirs = PackageName(PackageType.MODEL, "eve", "model")
            await manage.create(registry, TEAM, theirs, ADMIN, private=False)
            there = await manage.workplace(registry, TEAM, theirs, ADMIN)
            team = Place(there.repository, there.package)
            for stranger in (holder("team:read,write"), ANONYMOUS):
                assert await within_reach(registry, team, stranger, Digest.of(BYTES)) is None
            assert await within_reach(registry, team, holder("open:read"), Digest.of(BYTES)) is not None
            await manage.configure(registry, OPEN, NAME, Settings(private=False), ADMIN)
            assert await within_reach(registry, team, holder("team:read,write"), Digest.of(BYTES)) is not None

    run(test)


def test_who_may_not_know_is_told_the_same_as_where_there_is_nothing(tmp_path: Path) -> None:
    async def said(registry: Registry, key: str, name: str, actor: Actor) -> str:
        with pytest.raises(NotFound) as caught:
            await browse.place(registry, RepositoryKey(key), PackageName.parse(PackageType.MODEL, name), actor)
        error: EntrepotError = caught.value
        return error.message.replace(key, "KEY").replace(name, "NAME")

    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            stranger = holder("other:read")
            await manage.create(registry, OPEN, NAME, ADMIN, private=True)
            old = PackageName(PackageType.MODEL, "ada", "moved")
            await manage.move(registry, OPEN, NAME, old, ADMIN)
            assert await said(registry, "team", "a/b", stranger) == await said(registry, "nowhere", "a/b", stranger)
            nothing = await said(registry, "open", "a/b", stranger)
            for name in ("ada/moved", "ADA/Moved", "ada/model"):
                assert await said(registry, "open", name, stranger) == nothing

    run(test)
