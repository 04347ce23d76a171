"""Runs an operation in a process of its own that is killed at its first, second, … step between bytes and names.

Each run begins with the same prepared folder; after the kill the same operation is run again, and `check` looks at
what came of it. Prints one JSON object for each kill.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from entrepot.blobs.backends.disk import DiskBlobs
from entrepot.catalog.database import Database
from entrepot.catalog.revisions import MAIN
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.digest import Digest
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.operations import manage, publish
from entrepot.operations.check import check
from entrepot.operations.collect import collect
from entrepot.operations.publish import Draft, InlineFile, Item, LargeFile
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, close_registry, make_registry

KEY = RepositoryKey("models")
NAME = PackageName(PackageType.MODEL, "ada", "model")
ADA = Actor("ada", 1, 1, "test", (Grant("*", frozenset(Action)),))
LARGE = bytes(range(256)) * 5000
Step = Callable[[str], None]


class SteppingBlobs(DiskBlobs):
    """A store that tells before and after each of its changes."""

    def __init__(self, root: Path, step: Step) -> None:
        super().__init__(root)
        self._step = step

    async def put(self, staged: Path, digest: Digest, size: int) -> None:
        self._step("before bytes are stored")
        await super().put(staged, digest, size)
        self._step("after bytes are stored")

    async def delete(self, digest: Digest) -> bool:
        self._step("before bytes are deleted")
        gone = await super().delete(digest)
        self._step("after bytes are deleted")
        return gone


class SteppingDatabase(Database):
    """A catalog that tells before and after each transaction."""

    def __init__(self, url: str, step: Step) -> None:
        super().__init__(url, readers=2)
        self._step = step

    async def write(self, function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        name = getattr(function, "__name__", "a transaction")
        self._step(f"before {name}")
        result = await super().write(function, *args, **kw)
        self._step(f"after {name}")
        return result


def open_registry(folder: Path, step: Step) -> Registry:
    """A registry that keeps nothing longer than it must, and that tells of its steps."""
    made = make_registry(folder, gc_grace_hours=0, xorb_grace_days=0)
    made.database.close()
    database = SteppingDatabase(made.settings.database_url, step)
    parts = replace(made.parts, database=database)
    return replace(made, database=database, blobs=SteppingBlobs(folder, step), parts=parts)


async def _items() -> AsyncIterator[Item]:
    yield InlineFile(FilePath("config.json"), b"{}")
    yield InlineFile(FilePath("README.md"), b"# A model\n")
    yield LargeFile(FilePath("model.bin"), Digest.of(LARGE), len(LARGE))


async def publish_files(registry: Registry) -> None:
    """Upload a large file, and commit it with two small ones."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(LARGE), 100_000):
            yield LARGE[start : start + 100_000]

    repository = await registry.repository(KEY)
    await publish.upload(registry, repository, pieces(), Digest.of(LARGE), len(LARGE))
    package = await repository.package(NAME)
    await publish.publish(registry, repository, ADA, Draft(package, MAIN, "files", "", _items()))
    listed = await repository.listing(await repository.revision(NAME, "main"), None, True)
    assert [item.path.text for item in listed] == [".gitattributes", "README.md", "config.json", "model.bin"]


async def delete_and_collect(registry: Registry) -> None:
    """Delete the package, if it is still there, and collect what it had."""
    if await registry.database.read(lambda c: c.exec_driver_sql("select count(*) from packages").scalar_one()):
        await manage.delete(registry, KEY, NAME, ADA)
    await collect(registry)
    assert [item async for item in registry.blobs.walk()] == []


async def squash_and_collect(registry: Registry) -> None:
    """Fold the history, and collect what only the old one had; the second collection is after the grace period."""
    here = await manage.workplace(registry, KEY, NAME, ADA)
    await manage.squash(registry, here, MAIN, "folded", ADA)
    for _ in range(2):
        await collect(registry)
    assert len([item async for item in registry.blobs.walk()]) == 4


async def _prepare(folder: Path, operation: str) -> None:
    registry = make_registry(folder)
    add_repository(registry, "models")
    await manage.create(registry, KEY, NAME, ADA, private=False)
    if operation != "publish_files":
        await publish_files(registry)
    if operation == "squash_and_collect":
        draft = await _other_draft(registry)
        await publish.publish(registry, await registry.repository(KEY), ADA, draft)
    await close_registry(registry)


async def _other_draft(registry: Registry) -> Draft:
    async def items() -> AsyncIterator[Item]:
        yield InlineFile(FilePath("config.json"), b'{"other": 1}')

    package = await (await registry.repository(KEY)).package(NAME)
    return Draft(package, MAIN, "another configuration", "", items())


def _in_child(work: Callable[[], None]) -> int:
    """How the work ended in a process of its own: 0, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


async def _run(folder: Path, operation: str, step: Step) -> None:
    registry = open_registry(folder, step)
    await {"publish_files": publish_files, "delete_and_collect": delete_and_collect}.get(operation, squash_and_collect)(
        registry
    )
    await close_registry(registry)


def _kill_at(number: int, note: Path) -> Step:
    seen = count(1)

    def step(name: str) -> None:
        if next(seen) == number:
            note.write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)

    return step


async def _again_and_check(folder: Path, operation: str, report: Path) -> None:
    await _run(folder, operation, lambda _: None)
    registry = open_registry(folder, lambda _: None)
    findings = [finding.sentence async for finding in check(registry, deep=True)]
    staged = [path.name for path in registry.staging.folder.iterdir() if path.name.startswith("in-")]
    await close_registry(registry)
    report.write_text(json.dumps({"findings": findings, "staged": len(staged)}))


def main(folder: Path, operation: str) -> None:
    """Kill the operation once at every step it has."""
    prepared, note, report = folder / "prepared", folder / "note", folder / "report"
    prepared.mkdir()
    # In a child as well: a process that has threads must not fork.
    assert _in_child(lambda: asyncio.run(_prepare(prepared, operation))) == 0
    for number in count(1):
        here = folder / str(number)
        shutil.copytree(prepared, here)
        ended = _in_child(lambda here=here, number=number: asyncio.run(_run(here, operation, _kill_at(number, note))))
        if ended == 0:
            return
        assert ended == -signal.SIGKILL, ended
        assert _in_child(lambda here=here: asyncio.run(_again_and_check(here, operation, report))) == 0, (
            note.read_text()
        )
        print(json.dumps({"killed": note.read_text(), **json.loads(report.read_text())}), flush=True)
        shutil.rmtree(here)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
