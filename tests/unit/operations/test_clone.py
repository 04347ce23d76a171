"""Packs for git: all that a client lacks, nothing that it has, and no file past the gate."""

import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import Blob as GitBlob
from dulwich.pack import PackData

from entrepot.catalog.revisions import MAIN
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import Blocked, NotFound, PackageNotFound, RepositoryNotFound, TooLarge
from entrepot.domain.git import LfsPointer
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.operations import manage, publish
from entrepot.operations.git import clone, packing
from entrepot.operations.git import walk as walking
from entrepot.operations.git.walk import Wanted
from entrepot.operations.publish import Draft, InlineFile, Item, LargeFile
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, apply_policy, close_registry, make_registry, rule_about, run

KEY, NAME = RepositoryKey("models"), PackageName(PackageType.MODEL, "ada", "model")
ADA = Actor("ada", 1, 1, "test", (Grant("*", frozenset(Action)),))
NOBODY = Actor("nobody")
LARGE = b"large" * 1000


@dataclass(frozen=True)
class Bench:
    """A registry with one package of three commits."""

    registry: Registry
    commits: tuple[GitOid, ...]

    async def pack(self, wanted: Wanted) -> dict[bytes, list[bytes]]:
        """The objects of the pack, by kind."""
        source = await clone.open_source(self.registry, KEY, NAME, ADA)
        packed = await clone.pack(self.registry, source, wanted)
        data = b"".join([piece async for piece in packed.pack.read()])
        packed.pack.close()
        found: dict[bytes, list[bytes]] = {b"commit": [], b"tree": [], b"blob": []}
        with PackData.from_file(io.BytesIO(data), object_format=DEFAULT_OBJECT_FORMAT, size=len(data)) as pack:
            pack.check()
            for item in pack.iter_unpacked():
                kind = {1: b"commit", 2: b"tree", 3: b"blob"}[item.pack_type_num]
                found[kind].append(b"".join(item.decomp_chunks))
        return found


async def _commit(registry: Registry, *items: Item) -> GitOid:
    async def given() -> AsyncIterator[Item]:
        for item in items:
            yield item

    repository = await registry.repository(KEY)
    package = await repository.package(NAME)
    return (await publish.publish(registry, repository, ADA, Draft(package, MAIN, "more", "", given()))).commit


async def _make(folder: Path) -> Bench:
    registry = make_registry(folder)
    add_repository(registry, "models")
    await manage.create(registry, KEY, NAME, ADA, private=False)
    repository = await registry.repository(KEY)

    async def pieces() -> AsyncIterator[bytes]:
        yield LARGE

    await publish.upload(registry, repository, pieces(), Digest.of(LARGE), len(LARGE))
    first = (await repository.revision(NAME, "main")).commit
    second = await _commit(
        registry,
        InlineFile(FilePath("a/one.txt"), b"one"),
        InlineFile(FilePath("b/same.txt"), b"one"),
        LargeFile(FilePath("model.bin"), Digest.of(LARGE), None),
    )
    return Bench(registry, (first, second, await _commit(registry, InlineFile(FilePath("a/two.txt"), b"two"))))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = run(_make, tmp_path)
    yield made
    run(close_registry, made.registry)


def test_a_whole_clone_has_every_object_once_and_large_files_as_pointers(bench: Bench) -> None:
    async def test() -> None:
        objects = await bench.pack(Wanted((bench.commits[2],)))
        assert len(objects[b"commit"]) == 3
        assert len(objects[b"tree"]) == 6  # three roots; a twice, b once, and none more
        pointer = LfsPointer(Digest.of(LARGE), len(LARGE)).data
        assert LARGE not in objects[b"blob"]
        assert {b"one", b"two", pointer} <= set(objects[b"blob"])
        assert len(objects[b"blob"]) == len({GitBlob.from_string(data).id for data in objects[b"blob"]})

    run(test)


def test_a_client_is_not_sent_what_it_has(bench: Bench) -> None:
    async def test() -> None:
        objects = await bench.pack(Wanted((bench.commits[2],), haves=bench.commits[:2]))
        assert len(objects[b"commit"]) == 1
        assert objects[b"blob"] == [b"two"]
        nothing = await bench.pack(Wanted((bench.commits[1],), haves=bench.commits))
        assert nothing == {b"commit": [], b"tree": [], b"blob": []}

    run(test)


def test_a_shallow_clone_has_one_commit(bench: Bench) -> None:
    async def test() -> None:
        objects = await bench.pack(Wanted((bench.commits[2],), depth=1))
        assert len(objects[b"commit"]) == 1
        assert {b"one", b"two"} <= set(objects[b"blob"])

    run(test)


def test_a_commit_of_another_package_is_not_found(bench: Bench) -> None:
    async def test() -> None:
        with pytest.raises(NotFound, match="not our ref"):
            await bench.pack(Wanted((GitOid("1" * 40),)))

    run(test)


def test_who_may_not_read_is_told_that_nothing_is_there(bench: Bench) -> None:
    async def test() -> None:
        with pytest.raises(RepositoryNotFound):
            await clone.open_source(bench.registry, KEY, NAME, NOBODY)
        with pytest.raises(PackageNotFound):
            await clone.open_source(bench.registry, KEY, PackageName(PackageType.DATASET, "ada", "model"), ADA)

    run(test)


@pytest.mark.parametrize("path", ["a/one.txt", "b/same.txt", "model.bin"])
def test_one_blocked_file_at_any_of_its_places_stops_the_clone(bench: Bench, path: str) -> None:
    apply_policy(bench.registry, rule_about(f'path = ["{path}"]'))

    async def test() -> None:
        with pytest.raises(Blocked, match=path):
            await bench.pack(Wanted((bench.commits[2],)))
        assert list(bench.registry.staging.folder.glob("in-*")) == []

    run(test)


def test_what_is_too_much_is_refused_before_it_is_packed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(walking, "MAX_OBJECTS", 5)
            with pytest.raises(TooLarge, match="--depth"):
                await bench.pack(Wanted((bench.commits[2],)))
        monkeypatch.setattr(packing, "MAX_PACK", 100)
        with pytest.raises(TooLarge, match="--depth"):
            await bench.pack(Wanted((bench.commits[2],)))

    run(test)
