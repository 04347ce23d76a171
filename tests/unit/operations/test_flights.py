"""Flights: one fetch for all, errors that leave nothing half-written, and landings shared between processes."""

import asyncio
import errno
import os
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from entrepot.blobs.landing import Landing
from entrepot.blobs.staging import Arrival
from entrepot.catalog import blobs, upstream
from entrepot.catalog.repositories import Kind
from entrepot.domain.content import Blob, File
from entrepot.domain.errors import NotReady, TooLarge, UpstreamRefused, UpstreamUnavailable
from entrepot.domain.names import FilePath, RepositoryKey
from entrepot.operations import ingest as ingesting
from entrepot.operations import outcomes
from entrepot.operations.flight import HELD_BACK, Flight
from entrepot.operations.ingest import ingest
from entrepot.operations.registry import Registry
from entrepot.operations.source import Source
from entrepot_testing import add_repository, case_of, close_registry, make_registry, run
from fake_upstream import FIRST, SECOND, FakeUpstream, model

NAME = model("org/model")
BIG = random.Random(2).randbytes(3 << 20)


@asynccontextmanager
async def a_registry(folder: Path, **settings: object) -> AsyncIterator[tuple[FakeUpstream, Registry]]:
    fake = FakeUpstream()
    fake.add("org/model", {"big.bin": BIG}, lfs=True)
    registry = make_registry(folder, upstream=lambda row: fake, **settings)
    add_repository(registry, "remote", Kind.REMOTE, upstream="http://upstream.example")
    try:
        yield fake, registry
    finally:
        await close_registry(registry)


async def get(registry: Registry, path: str = "big.bin", ref: str = "main", key: str = "remote") -> tuple[File, Source]:
    repository = await registry.repository(RepositoryKey(key))
    revision = await repository.revision(NAME, ref)
    file = await repository.file(revision, FilePath(path))
    got = await ingest(registry, case_of(repository, revision, file))
    return got.file, got.source


async def read(source: Source, size: int) -> bytes:
    return b"".join([piece async for piece in source.read(0, size)])


def leftovers(registry: Registry) -> list[str]:
    return sorted(path.name for path in registry.staging.folder.iterdir())


def test_the_same_file_in_another_commit_and_path_is_not_fetched_again(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_registry(tmp_path) as (fake, registry):
            file, source = await get(registry)
            assert await read(source, file.size) == BIG
            fake.add("org/model", {"renamed.bin": BIG}, SECOND, lfs=True)
            again, _ = await get(registry, "renamed.bin", SECOND.hex)
            assert again.blob is not None
            assert not [question for question in fake.asked if question == "open renamed.bin"]

    run(go)


def test_another_repository_fetches_for_itself_what_this_one_has(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_registry(tmp_path) as (fake, registry):
            add_repository(registry, "other", Kind.REMOTE, upstream="http://other.example")
            for key in ("remote", "other"):
                file, source = await get(registry, key=key)
                assert await read(source, file.size) == BIG
            assert fake.asked["open big.bin"] == 2

    run(go)


def test_a_full_disk_is_a_clean_error_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Arrival, pieces: list[bytes]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def go() -> None:
        async with a_registry(tmp_path) as (_, registry):
            with monkeypatch.context() as patched:
                patched.setattr(Arrival, "_write", full)
                with pytest.raises(NotReady, match="No space left"):
                    await get(registry)
            assert leftovers(registry) == []
            file, source = await get(registry)
            assert await read(source, file.size) == BIG

    run(go)


def test_a_catalog_that_is_away_for_a_moment_only_delays_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point, failures = upstream.point, [NotReady("away"), NotReady("away")]

    def sometimes(*args: object) -> Blob:
        if failures:
            raise failures.pop()
        return point(*args)  # type: ignore[arg-type]

    async def go() -> None:
        monkeypatch.setattr(upstream, "point", sometimes)
        monkeypatch.setattr(ingesting, "NAMING_PAUSES", (0, 0, 0))
        async with a_registry(tmp_path) as (_, registry):
            file, source = await get(registry)
            assert await read(source, file.size) == BIG

    run(go)


def test_a_catalog_that_stays_away_is_an_error_and_the_part_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: object) -> Blob:
        raise NotReady("away")

    async def go() -> None:
        async with a_registry(tmp_path) as (fake, registry):
            with monkeypatch.context() as patched:
                patched.setattr(blobs, "announce", never)
                file, source = await get(registry)
                with pytest.raises(NotReady):
                    await read(source, file.size)
            assert [name for name in leftovers(registry) if name.endswith(".part")]
            file, source = await get(registry)
            assert await read(source, file.size) == BIG
            assert fake.asked["open big.bin"] == 1

    run(go)


def test_a_file_over_the_limit_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_registry(tmp_path, max_file_bytes=1000) as (fake, registry):
            with pytest.raises(TooLarge):
                await get(registry)
            assert fake.asked["open big.bin"] == 0

    run(go)


def test_a_flight_goes_on_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_registry(tmp_path) as (fake, registry):
            goes_on = asyncio.Event()
            opened = fake.open

            async def slowly(*args: object) -> AsyncGenerator[bytes, None]:
                async for piece in opened(*args):  # type: ignore[arg-type]
                    yield piece
                    if not goes_on.is_set():
                        await goes_on.wait()

            fake.open = slowly  # type: ignore[method-assign, assignment]
            _, source = await get(registry)
            pieces = source.read(0, 10)
            assert await anext(pieces) == BIG[:10]
            await pieces.aclose()  # type: ignore[attr-defined]
            goes_on.set()
            await registry.flights.close(10)
            file, _ = await get(registry)
            assert file.blob is not None

    run(go)


def test_no_flight_begins_once_the_server_is_going_down(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_registry(tmp_path) as (_, registry):
            await registry.flights.close(1)
            with pytest.raises(NotReady, match="going down"):
                await get(registry)

    run(go)


def test_descriptors_do_not_pile_up(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_registry(tmp_path) as (fake, registry):
            await get(registry)
            await registry.flights.close(10)
            registry.flights._closed = False
            before = len(os.listdir("/proc/self/fd"))
            for number in range(5):
                fake.add("org/model", {f"{number}.bin": bytes([number]) + BIG}, lfs=True)
                fake.failure = None
                revision_of = await registry.repository(RepositoryKey("remote"))
                revision = await revision_of.revision(NAME, FIRST.hex)
                file = await revision_of.file(revision, FilePath(f"{number}.bin"))
                got = await ingest(registry, case_of(revision_of, revision, file))
                assert len(await read(got.source, file.size)) == file.size
            assert len(os.listdir("/proc/self/fd")) <= before

    run(go)


def test_only_one_holds_a_landing_and_those_who_wait_learn_its_outcome(tmp_path: Path) -> None:
    first, second, late = (Landing(tmp_path, "k") for _ in range(3))
    assert first.claim() == b""
    assert second.claim() is None
    first.finish(b"outcome")
    assert second.claim() == b"outcome"
    assert late.claim() == b""
    late.release()


def test_whoever_waits_takes_over_from_one_that_died(tmp_path: Path) -> None:
    first, second, third = (Landing(tmp_path, "k") for _ in range(3))
    assert first.claim() == b""
    assert (second.claim(), third.claim()) == (None, None)
    first.release()
    assert second.claim() == b""
    assert third.claim() is None
    second.finish(b"done")
    assert third.claim() == b"done"
    assert list(tmp_path.iterdir()) == []


def test_an_outcome_of_the_past_is_nobodys_outcome(tmp_path: Path) -> None:
    (tmp_path / "flight-k.lock").write_bytes(b"old")
    landing = Landing(tmp_path, "k")
    assert landing.claim() == b""
    landing.release()


@pytest.mark.parametrize(
    "error",
    [UpstreamUnavailable("away", 7), UpstreamRefused("no", 403, "GatedRepo"), NotReady("later", 3)],
)
def test_an_outcome_says_the_error_again(error: Exception) -> None:
    told = outcomes.error_of(outcomes.of_error(error))
    assert type(told) is type(error)
    assert (told.args, told.__dict__) == (error.args, error.__dict__)


def test_an_unexpected_error_says_nothing_of_itself_to_others() -> None:
    told = outcomes.error_of(outcomes.of_error(ValueError("secret")))
    assert isinstance(told, NotReady)
    assert "secret" not in str(told)


def test_a_file_that_was_seen_to_be_here_before_anybody_was_told_can_be_read_on(tmp_path: Path) -> None:
    async def go() -> None:
        async with a_registry(tmp_path) as (_, registry):
            file, source = await get(registry)
            assert await read(source, file.size) == BIG
            flight = Flight.__new__(Flight)
            # Another process has written the last byte, and the event that says so is still on its way.
            flight.order = SimpleNamespace(file=file)  # type: ignore[assignment]
            flight.blob, flight._landed, flight._landed_at = None, file.size, float("inf")
            assert flight._may_leave == file.size - HELD_BACK
            assert flight.seconds_to_wait() >= 1

    run(go)
