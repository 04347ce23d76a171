"""Uploaders and collectors in any order, each stopped anywhere: never a name without its bytes."""

import asyncio
import shutil
import tempfile
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update

from entrepot.blobs.backends.disk import DiskBlobs
from entrepot.blobs.backends.memory import MemoryBlobs
from entrepot.blobs.store import BlobStore
from entrepot.catalog import blobs as catalog_blobs
from entrepot.catalog import garbage, packages, repositories
from entrepot.catalog.database import Database
from entrepot.catalog.moments import now
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.tables import blobs, files, metadata
from entrepot.domain.digest import Digest
from entrepot.domain.errors import NotReady
from entrepot.domain.git import blob_oid
from entrepot.domain.names import PackageName, PackageType, RepositoryKey

CONTENTS = [b"one", b"two", b"three"]
Steps = Generator[None, None, None]


class World:
    """A catalog and a store, and the steps that the rules of crash safety are made of."""

    def __init__(self, folder: Path, store: BlobStore) -> None:
        self.folder = folder
        self.store = store
        self.database = Database(f"sqlite:///{folder / 'catalog.db'}", readers=1)
        metadata.create_all(self.database.engine)
        key = RepositoryKey("models")
        self.database.now(repositories.create, RepositoryRow(key, Kind.LOCAL))
        row = self.database.now(repositories.find, key)
        name = PackageName.parse(PackageType.MODEL, "somebody/something")
        self.package = self.database.now(packages.create, row.id, name, private=False).id
        self.loop = asyncio.new_event_loop()
        self.staged = 0
        self.collecting = False

    def close(self) -> None:
        self.database.close()
        self.loop.close()

    def uploader(self, data: bytes) -> Steps:
        """Announce, store, name: what publishing one file comes down to."""
        digest = Digest.of(data)
        try:
            blob = self.database.now(catalog_blobs.announce, digest, len(data))
            yield
            self.staged += 1
            staged = self.store.folder / f"in-{self.staged}"
            staged.write_bytes(data)
            self.loop.run_until_complete(self.store.put(staged, digest, len(data)))
            yield
            self.database.now(self._name, blob.id, data)
        except NotReady:
            return

    def _name(self, connection: Connection, blob_id: int, data: bytes) -> None:
        blob = catalog_blobs.touch(connection, blob_id)
        oid = blob_oid(data).hex
        if connection.execute(select(files.c.id).where(files.c.oid == oid)).first() is None:
            row = {"package_id": self.package, "oid": oid, "size": len(data), "lfs": False, "blob_id": blob.id}
            connection.execute(insert(files).values(row))

    def remover(self, data: bytes) -> Steps:
        """The name goes, as when a package is deleted."""
        oid = blob_oid(data).hex
        self.database.now(lambda c: c.execute(files.delete().where(files.c.oid == oid)).rowcount)
        return
        yield

    def collector(self) -> Steps:
        """Condemn, delete, forget; nothing begins while another one is at work."""
        if self.collecting:
            return
        self.collecting = True
        try:
            self.database.now(garbage.condemn, now() + timedelta(hours=1))
            yield
            batch = self.database.now(garbage.condemned)
            yield
            for blob in batch:
                self.loop.run_until_complete(self.store.delete(blob.digest))
                yield
            self.database.now(garbage.forget, [blob.id for blob in batch])
        finally:
            self.collecting = False

    def age(self) -> None:
        """A day passes: whatever is not touched again is old."""
        self.database.now(lambda c: c.execute(update(blobs).values(seen_at=now() - timedelta(days=1))).rowcount)

    def assert_every_name_has_its_bytes(self) -> None:
        query = select(blobs.c.digest, blobs.c.size, blobs.c.condemned_at).join(files, files.c.blob_id == blobs.c.id)
        for row in self.database.now(lambda c: c.execute(query).all()):
            assert row.condemned_at is None
            assert self.loop.run_until_complete(self.store.size(Digest(row.digest))) == row.size


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.sampled_from(["uploader", "remover", "collector"]), st.integers(0, 2)),
        st.tuples(st.just("step"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("step"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("step"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("kill"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("age"), st.just(0), st.just(0)),
    ),
    min_size=10,
    max_size=60,
)


def _play(world: World, acts: list[tuple[str, int | str, int]]) -> None:
    at_work: list[Steps] = []
    for act, argument, which in acts:
        if act == "begin":
            data = () if argument == "collector" else (CONTENTS[which],)
            at_work.append(getattr(world, str(argument))(*data))
        elif act == "age":
            world.age()
        elif at_work:
            here = at_work[int(argument) % len(at_work)]
            if act == "kill":
                here.close()
            if act == "kill" or next(here, "over") == "over":
                at_work.remove(here)
        world.assert_every_name_has_its_bytes()
    for left in at_work:
        left.close()


def _collect_to_the_end(world: World) -> None:
    for _ in range(2):
        world.age()
        for _ in world.collector():
            pass
    world.assert_every_name_has_its_bytes()


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_no_interleaving_leaves_a_name_without_its_bytes(kind: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(ACTS)
    def play(acts: list[tuple[str, int | str, int]]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="collector-"))
        store = MemoryBlobs() if kind == "memory" else DiskBlobs(folder)
        world = World(folder, store)
        try:
            _play(world, acts)
            _collect_to_the_end(world)
        finally:
            world.close()
            if isinstance(store, MemoryBlobs):
                store._folder.cleanup()
            shutil.rmtree(folder)

    play()


def test_a_slow_upload_whose_row_was_collected_is_told_to_try_again(tmp_path: Path) -> None:
    world = World(tmp_path, DiskBlobs(tmp_path))
    slow = world.uploader(b"one")
    next(slow)
    world.age()
    for _ in world.collector():
        pass
    for _ in slow:
        pass
    assert world.database.now(lambda c: c.execute(select(files)).all()) == []
    world.close()


def test_what_is_being_deleted_cant_be_announced(tmp_path: Path) -> None:
    world = World(tmp_path, DiskBlobs(tmp_path))
    next(world.uploader(b"one"))
    collector = world.collector()
    next(collector)
    with pytest.raises(NotReady):
        world.database.now(catalog_blobs.announce, Digest.of(b"one"), 3)
    for _ in collector:
        pass
    assert world.database.now(catalog_blobs.announce, Digest.of(b"one"), 3).id > 0
    world.close()
