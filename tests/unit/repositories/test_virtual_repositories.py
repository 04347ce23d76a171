"""Virtual repositories: what exists locally is never asked for outside, and an error is never a "not here"."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from entrepot.catalog import packages
from entrepot.catalog.repositories import Kind
from entrepot.catalog.search import Query
from entrepot.domain.errors import Forbidden, Invalid, PackageNotFound, RevisionNotFound, UpstreamUnavailable
from entrepot.domain.names import PackageType, RepositoryKey
from entrepot.operations.registry import Registry
from entrepot.repositories import Repository
from entrepot_testing import add_repository, close_registry, make_registry, run
from fake_upstream import FakeUpstream, model

NAME = model("org/model")


@dataclass
class Here:
    """Two upstreams and a local repository behind one name; the local one stands last."""

    first: FakeUpstream
    second: FakeUpstream
    registry: Registry
    hub: Repository
    local_id: int

    async def make_locally(self, text: str) -> None:
        await self.registry.database.write(packages.create, self.local_id, model(text), private=False)

    async def all_names(self, limit: int) -> list[str]:
        names: list[str] = []
        cursor = ""
        while True:
            page = await self.hub.search(Query(PackageType.MODEL, limit=limit), cursor)
            assert len(page.packages) <= limit
            names += [item.name.id for item in page.packages]
            cursor = page.cursor
            if not cursor:
                return names


@asynccontextmanager
async def a_virtual(folder: Path) -> AsyncIterator[Here]:
    upstreams = {"first": FakeUpstream("first"), "second": FakeUpstream("second")}
    registry = make_registry(folder, upstream=lambda row: upstreams[row.key.text])
    add_repository(registry, "first", Kind.REMOTE, upstream="http://first.example")
    add_repository(registry, "second", Kind.REMOTE, upstream="http://second.example")
    local = add_repository(registry, "models")
    members = ("first", "second", "models")
    add_repository(registry, "hub", Kind.VIRTUAL, members=members, deploy_to="models")
    add_repository(registry, "readers", Kind.VIRTUAL, members=members)
    hub = await registry.repository(RepositoryKey("hub"))
    try:
        yield Here(upstreams["first"], upstreams["second"], registry, hub, local.id)
    finally:
        await close_registry(registry)


def test_what_exists_locally_is_never_asked_for_outside(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_virtual(tmp_path) as here:
            here.first.add("org/model", {"a": b"evil"})
            await here.make_locally("org/model")
            assert (await here.hub.member(NAME)).row.key.text == "models"
            with pytest.raises(RevisionNotFound):
                await here.hub.revision(NAME, "a" * 40)
            with pytest.raises(RevisionNotFound):
                await here.hub.revision(model("ORG/Model"), "main")
            assert not here.first.asked and not here.second.asked

    run(go)


def test_a_package_that_is_made_locally_wins_at_once(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_virtual(tmp_path) as here:
            here.first.add("org/model", {"a": b"a"})
            assert (await here.hub.member(NAME)).row.key.text == "first"
            await here.make_locally("org/model")
            assert (await here.hub.member(NAME)).row.key.text == "models"

    run(go)


def test_the_first_member_that_has_it_answers_for_all_of_it(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_virtual(tmp_path) as here:
            here.second.add("org/model", {"a": b"a"})
            revision = await here.hub.revision(NAME, "main")
            assert revision.package.repository.text == "second"
            here.first.add("org/model", {"b": b"b"})
            assert (await here.hub.revision(NAME, "main")).package.repository.text == "second"
            assert [item.path.text for item in await here.hub.listing(revision, None, True)] == ["a"]

    run(go)


def test_a_member_that_can_not_be_asked_is_an_error_and_not_a_reason_to_look_elsewhere(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_virtual(tmp_path) as here:
            here.second.add("org/model", {"a": b"a"})
            here.first.failure = UpstreamUnavailable("away")
            with pytest.raises(UpstreamUnavailable):
                await here.hub.package(NAME)
            assert not here.second.asked

    run(go)


def test_what_no_member_has_is_not_found(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_virtual(tmp_path) as here:
            with pytest.raises(PackageNotFound):
                await here.hub.package(NAME)

    run(go)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_lists_hold_every_name_once_whatever_the_page(tmp_path: Path, limit: int) -> None:
    async def go() -> None:
        async with a_virtual(tmp_path) as here:
            for name in ("org/a", "org/b", "org/c"):
                await here.make_locally(name)
            for name in ("org/b", "org/d", "org/e"):
                here.first.add(name, {"x": b"x"})
            for name in ("org/c", "org/f"):
                here.second.add(name, {"x": b"x"})
            names = await here.all_names(limit)
            assert sorted(names) == [f"org/{letter}" for letter in "abcdef"]

    run(go)


@pytest.mark.parametrize(
    "cursor", ["x", "////", "WzFd", "bnVsbA", "WzEsMV0", "WyJhIiwiYiJd", "é", "a" * 10_000, "Wy0xLCIiXQ"]
)
def test_a_cursor_that_was_not_made_here_is_refused(tmp_path: Path, cursor: str) -> None:
    async def go() -> None:
        async with a_virtual(tmp_path) as here:
            with pytest.raises(Invalid):
                await here.hub.search(Query(PackageType.MODEL), cursor)

    run(go)


def test_uploads_go_to_the_deploy_target_or_nowhere(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_virtual(tmp_path) as here:
            assert (await here.hub.deploy_target(NAME)).row.key.text == "models"
            readers = await here.registry.repository(RepositoryKey("readers"))
            with pytest.raises(Forbidden):
                await readers.deploy_target(NAME)

    run(go)
