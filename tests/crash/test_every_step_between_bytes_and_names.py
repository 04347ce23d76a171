"""Every step between bytes and names fails once, or is killed once; then the same is done again, and all is well."""

import asyncio
import contextlib
import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import real_postgres
from crash_driver import ADA, KEY, LARGE, NAME, publish_files
from entrepot.blobs.backends.disk import DiskBlobs
from entrepot.blobs.staging import Staging
from entrepot.catalog.revisions import MAIN
from entrepot.domain.digest import Digest
from entrepot.domain.errors import AlreadyExists, NotReady
from entrepot.domain.names import FilePath, PackageName, PackageType
from entrepot.operations import manage, publish
from entrepot.operations.check import Kind, check
from entrepot.operations.collect import Collected, collect
from entrepot.operations.publish import Draft, InlineFile, Item
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, close_registry, make_registry

TESTS = Path(__file__).parents[1]
SYSTEM_CALLS = ["open", "fchmod", "fsync", "link", "write", "unlink", "mkdir", "stat", "fstat", "close"]


@pytest.mark.parametrize("operation", ["publish_files", "delete_and_collect", "squash_and_collect"])
def test_killed_at_any_step_it_can_be_done_again(operation: str, tmp_path: Path) -> None:
    command = [sys.executable, str(TESTS / "crash_driver.py"), str(tmp_path), operation]
    environment = os.environ | {"PYTHONPATH": f"{TESTS.parent / 'src'}{os.pathsep}{TESTS}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    kills = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(kills) > 10
    assert [kill for kill in kills if kill["findings"]] == []
    # What is left of broken uploads is bytes that nobody took for a blob; a day later they are removed.
    assert max(kill["staged"] for kill in kills) <= 3


async def _findings(registry: Registry) -> list[str]:
    return [finding.sentence async for finding in check(registry, deep=True)]


async def _prepared(folder: Path, **more: Any) -> Registry:
    folder.mkdir(exist_ok=True)
    registry = make_registry(folder, **more)
    add_repository(registry, "models")
    await manage.create(registry, KEY, NAME, ADA, private=False)
    return registry


def _fail_at(call: str, number: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Let one call of a system function fail; says afterwards whether it came to that."""
    original, seen = getattr(os, call), [0]

    def failing(*args: Any, **kw: Any) -> Any:
        seen[0] += 1
        if seen[0] == number:
            if call == "close":
                original(*args, **kw)
            raise OSError(errno.EIO, f"the {number}. {call} failed")
        return original(*args, **kw)

    monkeypatch.setattr(os, call, failing)
    return lambda: seen[0] >= number


@pytest.mark.parametrize("call", SYSTEM_CALLS)
def test_a_system_call_that_fails_costs_one_attempt(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(number: int) -> bool:
        registry = await _prepared(tmp_path / str(number))
        with monkeypatch.context() as patch:
            came_to_it = _fail_at(call, number, patch)
            with contextlib.suppress(OSError, ExceptionGroup):
                await publish_files(registry)
        await publish_files(registry)
        assert await _findings(registry) == []
        await close_registry(registry)
        return came_to_it()

    number = 1
    while asyncio.run(play(number)) and number < 12:
        number += 1
    assert number > 1


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB, where this process may make one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this process may not mount file systems")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_nothing_and_is_survived(tiny_disk: Path, tmp_path: Path) -> None:
    async def play() -> None:
        registry = await _prepared(tmp_path / "data")
        store = DiskBlobs(tiny_disk)
        registry = replace(registry, blobs=store, staging=Staging(store.folder))
        here = await manage.workplace(registry, KEY, NAME, ADA)
        await _commit(registry, here.package, "first.bin", os.urandom(1 << 20))
        with pytest.raises((OSError, ExceptionGroup)):
            await _commit(registry, here.package, "second.bin", os.urandom(6 << 20))
        assert [path for path in store.folder.iterdir() if path.name.startswith("in-")] == []
        await _commit(registry, here.package, "third.bin", b"small")
        listed = await here.repository.listing(await here.repository.revision(NAME, "main"), None, True)
        assert [item.path.text for item in listed if item.path.text.endswith(".bin")] == ["first.bin", "third.bin"]
        # What was made before the disk was swapped is elsewhere; everything since is whole.
        lost = [finding async for finding in check(registry, deep=True) if finding.kind is not Kind.MISSING_BYTES]
        assert lost == []
        await close_registry(registry)

    asyncio.run(play())


async def _commit(registry: Registry, package: Any, path: str, data: bytes) -> None:
    async def items() -> AsyncIterator[Item]:
        yield InlineFile(FilePath(path), data)

    repository = await registry.repository(KEY)
    await publish.publish(registry, repository, ADA, Draft(package, MAIN, path, "", items()))


def test_a_database_that_goes_away_is_waited_for(tmp_path: Path) -> None:
    server = real_postgres.start(tmp_path / "postgres")
    url = real_postgres.new_database(server, "entrepot").replace("postgresql://", "postgresql+psycopg://", 1)

    async def play() -> None:
        nonlocal server
        registry = await _prepared(tmp_path / "data", database_url=url)
        await publish_files(registry)
        server.cleanup()
        for attempt in (publish_files, collect):
            with pytest.raises((NotReady, ExceptionGroup)):
                await attempt(registry)
        server = real_postgres.start(tmp_path / "postgres")
        await publish_files(registry)
        package = await (await registry.repository(KEY)).package(NAME)
        await _commit(registry, package, "after.txt", b"after")
        assert await _findings(registry) == []
        await close_registry(registry)

    try:
        asyncio.run(play())
    finally:
        server.cleanup()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_fifty_who_upload_overlapping_content_at_once_all_succeed(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more = {}
    if kind == "postgres":
        server = real_postgres.start(tmp_path / "postgres")
        request.addfinalizer(server.cleanup)
        url = real_postgres.new_database(server, "entrepot")
        more["database_url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    shared = [os.urandom(70_000 + number) for number in range(10)]

    async def one(registry: Registry, number: int) -> None:
        name = PackageName(PackageType.MODEL, "ada", f"model-{number % 25}")
        repository = await registry.repository(KEY)
        with contextlib.suppress(AlreadyExists):
            await manage.create(registry, KEY, name, ADA, private=False)
        package = await repository.package(name)

        async def items() -> AsyncIterator[Item]:
            for which in range(5):
                yield InlineFile(FilePath(f"{number}/{which}.bin"), shared[(number + which) % len(shared)])

        await publish.publish(registry, repository, ADA, Draft(package, MAIN, "files", "", items()))

    async def play() -> None:
        registry = make_registry(tmp_path / "data", **more)
        add_repository(registry, "models")
        await asyncio.gather(*(one(registry, number) for number in range(50)))
        repository = await registry.repository(KEY)
        for number in range(50):
            name = PackageName(PackageType.MODEL, "ada", f"model-{number % 25}")
            revision = await repository.revision(name, "main")
            for which in range(5):
                file = await repository.file(revision, FilePath(f"{number}/{which}.bin"))
                assert file.blob is not None
                assert file.blob.digest == Digest.of(shared[(number + which) % len(shared)])
        stored = [digest async for digest, _ in registry.blobs.walk()]
        assert len(stored) == len(set(stored)) == len(shared) + 1  # and .gitattributes
        assert await _findings(registry) == []
        await close_registry(registry)

    (tmp_path / "data").mkdir()
    asyncio.run(play())


def test_a_rehearsal_says_exactly_what_a_collection_frees(tmp_path: Path) -> None:
    async def play() -> None:
        registry = await _prepared(tmp_path, gc_grace_hours=0, xorb_grace_days=0)
        await publish_files(registry)
        here = await manage.workplace(registry, KEY, NAME, ADA)
        await _commit(registry, here.package, "config.json", b'{"other": 1}')
        await manage.squash(registry, here, MAIN, "folded", ADA)
        await collect(registry)  # marks what the squash left behind
        (registry.staging.folder / "in-stray").write_bytes(b"stray bytes")
        await registry.blobs.put(registry.staging.folder / "in-stray", Digest.of(b"stray bytes"), 11)
        old = registry.staging.folder / "in-old"
        old.write_bytes(b"left over")
        os.utime(old, (0, 0))
        (registry.staging.folder / "in-new").write_bytes(b"under way")
        before = _everything(tmp_path)
        said = await collect(registry, dry_run=True)
        assert _everything(tmp_path) == before
        done = await collect(registry)
        assert said == done == Collected(blobs=2, bytes=2 + 11, packages=1, revisions=done.revisions, leftover_bytes=9)
        assert not old.exists()
        assert (registry.staging.folder / "in-new").exists()
        assert await collect(registry) == Collected()
        assert await _findings(registry) == []
        await close_registry(registry)

    asyncio.run(play())


def _everything(folder: Path) -> dict[str, str]:
    files = [path for name in ("blobs", "staging") for path in (folder / name).rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_collectors_dont_meet(tmp_path: Path) -> None:
    async def play() -> None:
        registry = await _prepared(tmp_path)
        other = make_registry(tmp_path)
        results = await asyncio.gather(*(collect(r) for r in (registry, other) * 3), return_exceptions=True)
        assert {type(result) for result in results} <= {Collected, NotReady}
        assert Collected in {type(result) for result in results}
        await close_registry(other)
        await close_registry(registry)

    asyncio.run(play())


def test_damage_of_every_kind_is_named(tmp_path: Path) -> None:
    async def play() -> None:
        registry = await _prepared(tmp_path)
        await publish_files(registry)
        await _commit(registry, (await manage.workplace(registry, KEY, NAME, ADA)).package, "gone.txt", b"gone")
        large, small, gone = (registry.blobs.path(Digest.of(data)) for data in (LARGE, b"# A model\n", b"gone"))
        assert large and small and gone
        for path in (large, small):
            path.chmod(0o600)
        large.write_bytes(bytes(len(LARGE)))
        small.write_bytes(b"# A mode")
        gone.unlink()
        stray = registry.staging.folder / "in-stray"
        stray.write_bytes(b"stray")
        await registry.blobs.put(stray, Digest.of(b"stray"), 5)
        registry.database.now(_break_the_catalog)
        kinds = {finding.kind for finding in [found async for found in check(registry, deep=True)]}
        assert kinds == {
            Kind.WRONG_DIGEST,
            Kind.WRONG_SIZE,
            Kind.MISSING_BYTES,
            Kind.UNKNOWN_BYTES,
            Kind.DANGLING,
            Kind.CONDEMNED,
            Kind.UNCOLLECTED,
        }
        shallow = {finding.kind for finding in [found async for found in check(registry)]}
        assert shallow == kinds - {Kind.WRONG_DIGEST}
        await close_registry(registry)

    asyncio.run(play())


def _break_the_catalog(connection: Any) -> int:
    for statement in (
        "INSERT INTO refs (package_id, name, commit_id, message) "
        f"SELECT id, 'refs/heads/lost', '{'1' * 40}', '' FROM packages",
        "INSERT INTO blobs (digest, size, chunked, seen_at, condemned_at) "
        f"VALUES ('{'2' * 64}', 1, false, '2020-01-01 00:00:00', '2020-01-01 00:00:00')",
        f"INSERT INTO blobs (digest, size, chunked, seen_at) VALUES ('{'3' * 64}', 1, false, '2020-01-01 00:00:00')",
    ):
        connection.exec_driver_sql(statement)
    return 0
