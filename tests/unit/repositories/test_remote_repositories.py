"""Remote repositories, over an upstream in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from entrepot.catalog import packages
from entrepot.catalog.repositories import Kind
from entrepot.catalog.search import Query
from entrepot.domain.content import File
from entrepot.domain.errors import (
    FileNotFound,
    Forbidden,
    PackageNotFound,
    RevisionNotFound,
    UpstreamRefused,
    UpstreamUnavailable,
)
from entrepot.domain.names import FilePath, PackageType, RepositoryKey
from entrepot.operations.registry import Registry
from entrepot.repositories import Repository
from entrepot_testing import add_repository, case_of, close_registry, make_registry, run
from fake_upstream import FIRST, SECOND, FakeUpstream, model

NAME = model("org/model")
FILES = {"config.json": b"{}", "data/a.txt": b"a", "data/b.txt": b"b"}


@asynccontextmanager
async def a_remote(folder: Path, **settings: object) -> AsyncIterator[tuple[FakeUpstream, Repository, Registry]]:
    upstream = FakeUpstream()
    upstream.add("org/model", FILES)
    registry = make_registry(folder, upstream=lambda row: upstream, **settings)
    add_repository(registry, "remote", Kind.REMOTE, upstream="http://upstream.example")
    try:
        yield upstream, await registry.repository(RepositoryKey("remote")), registry
    finally:
        await close_registry(registry)


def test_a_branch_is_asked_for_once_while_it_is_current(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, repository, _):
            for ref in ("main", "HEAD", ""):
                assert (await repository.revision(NAME, ref)).commit == FIRST
            await repository.package(NAME)
            await repository.revision(NAME, FIRST.hex)
            assert sum(upstream.asked.values()) == 1

    run(go)


def test_a_branch_that_has_aged_is_asked_for_again_and_a_commit_never(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path, branch_seconds=0.0) as (upstream, repository, _):
            await repository.revision(NAME, "main")
            upstream.add("org/model", FILES, SECOND)
            assert (await repository.revision(NAME, "main")).commit == SECOND
            upstream.asked.clear()
            assert (await repository.revision(NAME, FIRST.hex)).commit == FIRST
            assert not upstream.asked

    run(go)


def test_an_old_answer_is_given_while_upstream_is_away_and_a_new_one_once_it_is_back(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path, branch_seconds=0.0) as (upstream, repository, registry):
            await repository.revision(NAME, "main")
            upstream.failure = UpstreamUnavailable("away")
            assert (await repository.revision(NAME, "main")).commit == FIRST
            with pytest.raises(UpstreamUnavailable):
                await repository.revision(NAME, "v1")
            upstream.failure = None
            upstream.add("org/model", FILES, SECOND)
            registry.parts.memory.note(("away", repository.row.id), None, 0)
            assert (await repository.revision(NAME, "main")).commit == SECOND

    run(go)


def test_what_was_missing_is_no_answer_while_upstream_is_away(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path, missing_seconds=0.0) as (upstream, repository, _):
            with pytest.raises(PackageNotFound):
                await repository.package(model("org/other"))
            upstream.failure = UpstreamUnavailable("away")
            with pytest.raises(UpstreamUnavailable):
                await repository.package(model("org/other"))

    run(go)


def test_a_refusal_is_not_remembered_and_hides_behind_no_old_answer(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path, branch_seconds=0.0) as (upstream, repository, _):
            await repository.revision(NAME, "main")
            upstream.failure = UpstreamRefused("no", 403, "GatedRepo")
            with pytest.raises(UpstreamRefused):
                await repository.revision(NAME, "main")

    run(go)


def test_many_who_ask_at_once_ask_upstream_once(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, _, registry):

            async def ask() -> None:
                repository = await registry.repository(RepositoryKey("remote"))
                revision = await repository.revision(NAME, "main")
                await repository.file(revision, FilePath("config.json"))
                await repository.listing(revision, None, True)

            await asyncio.gather(*(ask() for _ in range(32)))
            assert set(upstream.asked.values()) == {1}

    run(go)


def test_a_file_is_answered_from_the_listing_where_there_is_one(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, repository, _):
            revision = await repository.revision(NAME, "main")
            await repository.listing(revision, None, True)
            assert (await repository.file(revision, FilePath("data/a.txt"))).size == 1
            with pytest.raises(FileNotFound) as caught:
                await repository.file(revision, FilePath("nothing"))
            assert caught.value.commit == FIRST.hex
            with pytest.raises(FileNotFound):
                await repository.file(revision, FilePath("data"))
            assert not [question for question in upstream.asked if question.startswith("head")]

    run(go)


def test_folders_are_answered_from_the_whole_listing_as_upstream_would(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (_upstream, repository, _):
            revision = await repository.revision(NAME, "main")
            before = [
                await repository.listing(revision, folder, recursive)
                for folder in (None, FilePath("data"))
                for recursive in (False, True)
            ]
            await repository.listing(revision, None, True)
            after = [
                await repository.listing(revision, folder, recursive)
                for folder in (None, FilePath("data"))
                for recursive in (False, True)
            ]
            assert before == after
            with pytest.raises(FileNotFound):
                await repository.listing(revision, FilePath("nothing"), True)

    run(go)


def test_a_listing_survives_the_process(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, repository, _):
            revision = await repository.revision(NAME, "main")
            expected = await repository.listing(revision, None, True)
            other = make_registry(tmp_path, upstream=lambda row: upstream)
            again = await other.repository(RepositoryKey("remote"))
            assert await again.listing(revision, None, True) == expected
            assert upstream.asked["tree None True"] == 1
            await close_registry(other)

    run(go)


def test_a_missing_file_of_a_commit_stays_missing_and_a_missing_branch_does_not(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path, missing_seconds=0.0) as (upstream, repository, _):
            revision = await repository.revision(NAME, "main")
            for _ in range(2):
                with pytest.raises(FileNotFound):
                    await repository.file(revision, FilePath("nothing"))
                with pytest.raises(RevisionNotFound):
                    await repository.revision(NAME, "v1")
            assert upstream.asked["head nothing"] == 1
            assert upstream.asked["describe org/model v1"] == 2

    run(go)


def test_a_package_that_was_seen_is_remembered_with_its_facts(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, repository, registry):
            upstream.facts = {"tags": ["bert"], "pipeline_tag": "fill-mask"}
            package = await repository.package(NAME)
            assert package.id > 0
            assert package.facts["pipeline_tag"] == "fill-mask"
            assert await registry.database.read(packages.find, repository.row.id, NAME) == package

    run(go)


def test_what_is_private_upstream_is_private_here(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, repository, _):
            upstream.private = True
            assert (await repository.package(NAME)).private

    run(go)


def test_a_moved_package_leads_to_one_row_by_both_names(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, repository, registry):
            upstream.moved["old/name"] = "org/model"
            moved = await repository.package(model("old/name"))
            assert moved.name == NAME
            upstream.asked.clear()
            assert (await repository.package(NAME)).id == moved.id
            assert not upstream.asked
            assert (await registry.database.read(packages.find, repository.row.id, model("Old/Name"))).id == moved.id

    run(go)


def test_an_upstream_that_answers_for_another_commit_is_refused(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, repository, _):
            described = upstream.describe
            upstream.describe = lambda name, ref: described(name, None)  # type: ignore[method-assign]
            with pytest.raises(UpstreamRefused):
                await repository.revision(NAME, SECOND.hex)

    run(go)


def test_a_package_that_was_deleted_here_is_asked_for_again(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (_upstream, repository, registry):
            package = await repository.package(NAME)
            await registry.database.write(packages.remove, package.id)
            assert (await repository.package(NAME)).name == NAME

    run(go)


def test_lists_come_from_what_is_cached_while_upstream_is_away(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path, branch_seconds=0.0) as (upstream, repository, _):
            await repository.package(NAME)
            upstream.failure = UpstreamUnavailable("away")
            page = await repository.search(Query(PackageType.MODEL), "")
            assert [item.name for item in page.packages] == [NAME]

    run(go)


def test_refs_and_history_are_remembered(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (upstream, repository, _):
            package = await repository.package(NAME)
            for _ in range(2):
                assert [ref.commit for ref in await repository.refs(package)] == [FIRST]
                assert [line.title for line in await repository.history(package, "main", 10)] == ["a title"]
            assert (upstream.asked["refs"], upstream.asked["history"]) == (1, 1)

    run(go)


def test_a_remote_repository_takes_no_uploads(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_remote(tmp_path) as (_, repository, _registry):
            with pytest.raises(Forbidden):
                await repository.deploy_target(NAME)

    run(go)


def test_stored_files_are_marked_in_listings(tmp_path: Path) -> None:
    from entrepot.operations.ingest import ingest

    async def go() -> None:
        async with a_remote(tmp_path) as (_, repository, registry):
            revision = await repository.revision(NAME, "main")
            file = await repository.file(revision, FilePath("config.json"))
            await ingest(registry, case_of(repository, revision, file))
            listing = await repository.listing(revision, None, True)
            stored = {item.path.text for item in listing if isinstance(item, File) and item.blob is not None}
            assert stored == {"config.json"}

    run(go)
