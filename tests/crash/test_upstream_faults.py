"""Upstreams that stall, break off, lie, move, disappear and come back, over real connections."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from entrepot.catalog.repositories import Kind
from entrepot.domain.content import File, Revision
from entrepot.domain.errors import (
    Corrupt,
    FileNotFound,
    PackageNotFound,
    RevisionNotFound,
    UpstreamError,
    UpstreamRefused,
    UpstreamUnavailable,
)
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.operations.ingest import ingest
from entrepot.operations.registry import Registry
from entrepot.operations.source import Source
from entrepot.protocols.huggingface.upstream import HubUpstream
from entrepot.protocols.huggingface.upstream.pool import Pool
from entrepot.repositories import Repository
from entrepot_testing import add_repository, case_of, close_registry, make_registry, run
from fake_hub import FakeFile, FakeHub, cut_after, refuse, running_hub, stall_after

NAME = PackageName(PackageType.MODEL, "org", "model")
BIG = random.Random(1).randbytes(5 << 20)
SMALL = b'{"model_type": "bert"}'
WEIGHTS = FilePath("model.safetensors")
CONFIG = FilePath("config.json")
TOKEN = "hf_" + "x" * 37


class World:
    """A hub, and a registry with a remote repository that stands for it."""

    def __init__(self, folder: Path, hub: FakeHub, pool: Pool, **settings: object) -> None:
        self.hub = hub
        self.folder = folder
        self.pool = pool
        self.registry = self.process(**settings)
        add_repository(self.registry, "remote", Kind.REMOTE, upstream=hub.url)

    def process(self, **settings: object) -> Registry:
        """One more process of the same server."""
        return make_registry(
            self.folder,
            upstream=lambda row: HubUpstream(self.pool, row.key, row.upstream, TOKEN),
            **{"branch_seconds": 60.0, **settings},
        )

    async def repository(self, registry: Registry | None = None) -> Repository:
        return await (registry or self.registry).repository(RepositoryKey("remote"))

    async def look(self, path: FilePath, registry: Registry | None = None) -> tuple[Repository, Revision, File]:
        repository = await self.repository(registry)
        revision = await repository.revision(NAME, "main")
        return repository, revision, await repository.file(revision, path)

    async def get(self, path: FilePath, registry: Registry | None = None) -> tuple[File, Source]:
        registry = registry or self.registry
        got = await ingest(registry, case_of(*await self.look(path, registry)))
        return got.file, got.source

    async def download(self, path: FilePath, registry: Registry | None = None) -> bytes:
        file, source = await self.get(path, registry)
        return b"".join([piece async for piece in source.read(0, file.size)])


@asynccontextmanager
async def a_world(folder: Path, seconds: float = 5, **settings: object) -> AsyncIterator[World]:
    async with running_hub() as hub:
        hub.add("org/model", {"model.safetensors": FakeFile(BIG, lfs=True), "config.json": FakeFile(SMALL)})
        pool = Pool(seconds)
        world = World(folder, hub, pool, **settings)
        try:
            yield world
        finally:
            await close_registry(world.registry)
            await pool.close()


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "staging").iterdir())


def test_a_cold_file_is_fetched_once_and_then_served_from_the_store(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            assert await world.download(WEIGHTS) == BIG
            file, source = await world.get(WEIGHTS)
            assert file.blob is not None and source.path is not None
            assert source.path.read_bytes() == BIG
            assert world.hub.asked["GET model.safetensors"] == 1
            assert leftovers(tmp_path) == []

    run(go)


def test_small_files_of_both_kinds_arrive_whole_before_they_are_answered(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.add("org/model", {"config.json": FakeFile(SMALL), "empty": FakeFile(b"")})
            file, source = await world.get(CONFIG)
            assert file.blob is not None and source.path is not None
            assert await world.download(CONFIG) == SMALL
            assert await world.download(FilePath("empty")) == b""

    run(go)


def test_a_head_never_fetches_the_body(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            _, _, file = await world.look(WEIGHTS)
            await world.look(WEIGHTS)
            assert (file.size, file.lfs is not None) == (len(BIG), True)
            assert world.hub.asked["HEAD model.safetensors"] == 1
            assert world.hub.asked["GET model.safetensors"] == 0

    run(go)


def test_many_clients_of_several_processes_cost_one_fetch(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            others = [world.process() for _ in range(2)]
            registries = [world.registry, *others] * 8
            results = await asyncio.gather(*(world.download(WEIGHTS, registry) for registry in registries))
            assert all(result == BIG for result in results)
            assert world.hub.sent == len(BIG)
            for other in others:
                await close_registry(other)
            assert leftovers(tmp_path) == []

    run(go)


def test_ranges_of_a_file_in_flight_are_served_from_what_is_there(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            goes_on = asyncio.Event()
            world.hub.faults = [stall_after(3 << 20, goes_on)]
            _file, source = await world.get(WEIGHTS)
            first = b"".join([piece async for piece in source.read(0, 1 << 20)])
            inner = b"".join([piece async for piece in source.read(1 << 20, 5 << 19)])
            assert first + inner == BIG[: 5 << 19]
            goes_on.set()
            last = b"".join([piece async for piece in source.read(len(BIG) - 10, len(BIG))])
            assert last == BIG[-10:]
            assert world.hub.asked["GET model.safetensors"] == 1

    run(go)


def test_the_end_of_a_file_is_held_back_until_all_of_it_is_verified(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            wrong = FakeFile(BIG[:-1] + bytes([BIG[-1] ^ 1]), lfs=True, etag=FakeFile(BIG, lfs=True).promised_etag)
            world.hub.add("org/model", {"model.safetensors": wrong})
            file, source = await world.get(WEIGHTS)
            got = 0
            with pytest.raises(Corrupt, match="promised"):
                async for piece in source.read(0, file.size):
                    got += len(piece)
            assert got <= len(BIG) - (1 << 20)
            assert leftovers(tmp_path) == []
            world.hub.add("org/model", {"model.safetensors": FakeFile(BIG, lfs=True)})
            assert await world.download(WEIGHTS) == BIG

    run(go)


def test_a_mismatch_is_reported_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.add("org/model", {"config.json": FakeFile(SMALL, etag="0" * 40)})
            with pytest.raises(Corrupt):
                await world.download(CONFIG)

    with caplog.at_level(logging.ERROR):
        run(go)
    assert any(getattr(record, "event", "") == "upstream_mismatch" for record in caplog.records)


@pytest.mark.parametrize("promised", [len(BIG) - 1, len(BIG) + 1])
def test_a_lie_about_the_size_never_arrives_complete(tmp_path: Path, promised: int) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.add("org/model", {"model.safetensors": FakeFile(BIG, lfs=True, promised_size=promised)})
            with pytest.raises((UpstreamError, Corrupt)):
                await world.download(WEIGHTS)
            assert leftovers(tmp_path) == []

    run(go)


def test_a_fetch_that_breaks_off_is_resumed_where_it_stood(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.faults = [cut_after(2 << 20), cut_after(1 << 20), refuse(503)]
            assert await world.download(WEIGHTS) == BIG
            assert world.hub.asked["GET model.safetensors"] == 4
            assert world.hub.sent < len(BIG)

    run(go)


def test_an_upstream_that_stalls_is_given_up_on_and_asked_again(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path, seconds=0.5) as world:
            never = asyncio.Event()
            world.hub.faults = [stall_after(1 << 20, never)]
            assert await world.download(WEIGHTS) == BIG
            never.set()

    run(go)


def test_what_keeps_breaking_off_is_an_error_and_what_landed_is_kept_for_later(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.faults = [cut_after(2 << 20), *[refuse(429, Retry_After="60")]]
            with pytest.raises(UpstreamUnavailable) as caught:
                await world.download(WEIGHTS)
            assert caught.value.after == 60
            assert [name for name in leftovers(tmp_path) if name.endswith(".part")]
            before = world.hub.sent
            assert await world.download(WEIGHTS) == BIG
            assert world.hub.sent - before < len(BIG) - (1 << 20)

    run(go)


def test_a_process_that_ends_in_the_middle_leaves_its_flight_to_another(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            never = asyncio.Event()
            world.hub.faults = [stall_after(3 << 20, never)]
            dying = world.process()
            _, source = await world.get(WEIGHTS, dying)
            assert [piece async for piece in source.read(0, 1 << 20)]
            waiting = asyncio.ensure_future(world.download(WEIGHTS))
            await asyncio.sleep(0.2)
            await dying.flights.close(0)
            assert await waiting == BIG
            assert world.hub.asked["GET model.safetensors"] == 2
            assert world.hub.sent <= len(BIG) - (2 << 20)
            dying.database.close()
            never.set()

    run(go)


def test_a_token_never_reaches_another_origin(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world, running_hub() as cdn:
            cdn.repos = world.hub.repos
            world.hub.cdn = cdn.url
            assert await world.download(WEIGHTS) == BIG
            assert set(world.hub.tokens) == {f"Bearer {TOKEN}"}
            assert cdn.sent == len(BIG)
            assert set(cdn.tokens) == {None}

    run(go)


def test_a_moved_package_is_found_under_both_names(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.moved["old/name"] = "org/model"
            repository = await world.repository()
            old = await repository.revision(PackageName(PackageType.MODEL, "old", "name"), "main")
            assert old.package.name == NAME
            await world.hub.stop()
            new = await repository.revision(NAME, "main")
            assert new.package.id == old.package.id

    run(go)


def test_what_is_cached_is_served_while_upstream_is_gone(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path, branch_seconds=0.0) as world:
            repository, revision, _ = await world.look(WEIGHTS)
            assert len(await repository.listing(revision, None, True)) == 2
            await world.download(WEIGHTS)
            await world.hub.stop()
            assert await world.download(WEIGHTS) == BIG
            _, _, config = await world.look(CONFIG)
            assert config.size == len(SMALL)
            with pytest.raises(UpstreamUnavailable):
                await world.download(CONFIG)
            with pytest.raises(UpstreamUnavailable):
                await repository.revision(PackageName(PackageType.MODEL, "org", "other"), "main")
            await world.hub.start()
            assert await world.download(CONFIG) == SMALL

    run(go)


def test_names_that_are_not_there_are_asked_for_once(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            repository, revision, _ = await world.look(CONFIG)
            for _ in range(3):
                with pytest.raises(PackageNotFound):
                    await repository.package(PackageName(PackageType.MODEL, "org", "nothing"))
                with pytest.raises(RevisionNotFound):
                    await repository.revision(NAME, "v9")
                with pytest.raises(FileNotFound) as caught:
                    await repository.file(revision, FilePath("tokenizer.json"))
                assert caught.value.commit == revision.commit.hex
            assert world.hub.asked["api/models/org/nothing"] == 1
            assert world.hub.asked["api/models/org/model/revision/v9"] == 1
            assert world.hub.asked["HEAD tokenizer.json"] == 1

    run(go)


def test_thirty_two_questions_at_once_are_one(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.pause = 0.1
            repository = await world.repository()
            await asyncio.gather(*(repository.revision(NAME, "main") for _ in range(32)))
            assert sum(world.hub.asked.values()) == 1

    run(go)


def test_a_question_is_asked_again_after_an_error_that_passes(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.api_status = [(503, {}), (429, {"Retry-After": "1"})]
            repository = await world.repository()
            assert (await repository.package(NAME)).name == NAME

    run(go)


def test_a_gated_package_is_a_refusal_and_not_a_missing_one(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.api_status = [(403, {"X-Error-Code": "GatedRepo", "X-Error-Message": "not in the list"})]
            with pytest.raises(UpstreamRefused, match="token") as caught:
                await (await world.repository()).package(NAME)
            assert (caught.value.status, caught.value.code) == (403, "GatedRepo")

    run(go)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../b", "a\\b", ".git/config", ""])
def test_a_listing_with_a_hostile_path_is_refused_whole(tmp_path: Path, path: str) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.extra_tree = [{"type": "file", "path": path, "oid": "0" * 40, "size": 1}]
            repository, revision, _ = await world.look(CONFIG)
            with pytest.raises(UpstreamRefused):
                await repository.listing(revision, None, True)

    run(go)


def test_every_page_of_a_listing_is_read_and_xet_stays_behind(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_world(tmp_path) as world:
            files = {f"data/{n:03}.txt": FakeFile(b"%d" % n) for n in range(25)}
            world.hub.add("org/model", files)
            world.hub.page = 10
            repository = await world.repository()
            revision = await repository.revision(NAME, "main")
            everything = await repository.listing(revision, None, True)
            assert [item.path.text for item in everything if isinstance(item, File)] == sorted(files)
            top = await repository.listing(revision, None, False)
            assert [item.path.text for item in top] == ["data"]
            assert world.hub.asked[f"api/models/org/model/tree/{revision.commit}"] == 3

    run(go)


def test_a_swept_leftover_is_gone_and_a_fresh_one_stays(tmp_path: Path) -> None:
    from datetime import timedelta

    async def go() -> None:
        async with a_world(tmp_path) as world:
            world.hub.faults = [cut_after(2 << 20), refuse(429, Retry_After="60")]
            with pytest.raises(UpstreamUnavailable):
                await world.download(WEIGHTS)
            assert await world.registry.flights.sweep() == 0
            assert leftovers(tmp_path) != []
            assert await world.registry.flights.sweep(timedelta(0)) > 0
            assert leftovers(tmp_path) == []

    run(go)
