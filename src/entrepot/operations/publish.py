"""Publish: bytes first, then their names. `upload` takes bytes in, `publish` makes a commit of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from entrepot.catalog import blobs, commits
from entrepot.domain.actor import Actor
from entrepot.domain.attributes import tracked
from entrepot.domain.changes import Change, CopyFile, DeleteFile, DeleteFolder, NewCommit, PutFile
from entrepot.domain.content import Author, Blob, Package, Revision
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import EntrepotError, Invalid, TooLarge
from entrepot.domain.git import LfsPointer, blob_oid
from entrepot.domain.names import FilePath, RefName
from entrepot.operations.browse import Place
from entrepot.operations.by_digest import within_reach
from entrepot.operations.describe import describe
from entrepot.operations.judge_upload import Upload, judge_upload
from entrepot.operations.keep import keep
from entrepot.operations.peruse import standing
from entrepot.operations.registry import Registry
from entrepot.repositories import Repository

MAX_CHANGES = 100_000
"""A commit of more changes would keep everybody else from committing for too long; clients send up to 1,000."""
ATTRIBUTES = FilePath(".gitattributes")
MAX_ATTRIBUTES = 4 << 20
AT_ONCE = 8
"""How many small files of one commit are written side by side."""


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A small file that comes with the commit itself."""

    path: FilePath
    data: bytes


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A file whose bytes were uploaded before, by their digest."""

    path: FilePath
    digest: Digest
    size: int | None


Item: TypeAlias = InlineFile | LargeFile | CopyFile | DeleteFile | DeleteFolder


@dataclass(frozen=True, slots=True)
class Draft:
    """A commit as a client sends it: where it goes, what it says, and its items as they arrive."""

    package: Package
    branch: RefName
    message: str
    parent: str
    items: AsyncIterator[Item]


def largest_regular(registry: Registry) -> int:
    """How many bytes a file may have that travels with its commit."""
    return registry.settings.max_regular_bytes


async def upload(
    registry: Registry, repository: Repository, pieces: AsyncIterator[bytes], digest: Digest, size: int
) -> Blob:
    """The blob for bytes that a client sends, which a commit to this repository may name from now on.

    Raises `Invalid` where they are not `size` bytes or do not hash to `digest`; then nothing is kept.
    """
    if size > registry.settings.max_file_bytes:
        raise TooLarge(f"{size} bytes are more than the {registry.settings.max_file_bytes} that one file may have")
    landed = await registry.staging.take(pieces, limit=size)
    if landed.size != size or landed.digest != digest:
        landed.path.unlink(missing_ok=True)
        raise Invalid(f"{size} bytes with the digest {digest} were announced; {landed.size} with {landed.digest} came")
    blob = await keep(registry, landed)
    await registry.database.write(blobs.record_upload, repository.row.id, blob.id)
    return blob


async def publish(registry: Registry, repository: Repository, actor: Actor, draft: Draft) -> Revision:
    """The branch's head with the draft's items in it; the same head where they change nothing.

    Raises `Invalid`, `StaleParent`, `FileNotFound`, `NotReady`, and `Refused` where a policy does not let a file in.
    Nothing is visible until everything is.
    """
    changes = await _changes(registry, Place(repository, draft.package), actor, draft.items)
    changes += await _attributes(registry, repository, draft, changes)
    await judge_upload(registry, repository, Upload(draft.package, draft.branch, actor, changes))
    new = NewCommit(changes, Author(actor.name), datetime.now(UTC), draft.message, draft.parent)
    head = await registry.database.write(commits.commit, draft.package.id, draft.branch, new)
    await describe(registry, repository, draft.package)
    return await repository.revision(draft.package.name, head.hex)


async def _changes(registry: Registry, here: Place, actor: Actor, items: AsyncIterator[Item]) -> tuple[Change, ...]:
    places = asyncio.Semaphore(AT_ONCE)
    tasks: list[asyncio.Task[Change]] = []
    try:
        async with asyncio.TaskGroup() as group:
            async for item in items:
                if len(tasks) >= MAX_CHANGES:
                    raise TooLarge(f"a commit may have at most {MAX_CHANGES} changes; split it")
                # Waiting for a place here is what keeps a fast client from filling the memory.
                await places.acquire()
                task = group.create_task(_change(registry, here, actor, item))
                task.add_done_callback(lambda _: places.release())
                tasks.append(task)
    except* EntrepotError as errors:
        raise errors.exceptions[0] from None
    return tuple(task.result() for task in tasks)


async def _change(registry: Registry, here: Place, actor: Actor, item: Item) -> Change:
    match item:
        case InlineFile():
            return await _inline(registry, item)
        case LargeFile():
            return await _large(registry, here, actor, item)
        case _:
            return item


async def _attributes(
    registry: Registry, repository: Repository, draft: Draft, changes: tuple[Change, ...]
) -> tuple[Change, ...]:
    """What lets git-lfs see a file for each pointer: lines of .gitattributes for large files that no pattern covers."""
    large = [change.path.text for change in changes if isinstance(change, PutFile) and change.lfs]
    if not large or any(change.path == ATTRIBUTES for change in changes):
        return ()
    here = await standing(registry, repository, draft.package, draft.branch.text)
    before = await here.text(ATTRIBUTES.text, MAX_ATTRIBUTES)
    try:
        # Patterns can be made to take milliseconds for each path.
        after = await asyncio.to_thread(tracked, before, large)
    except TooLarge:
        return ()  # the files are there all the same; only a git client would see their pointers
    return () if after == before else (await _inline(registry, InlineFile(ATTRIBUTES, after.encode())),)


async def _inline(registry: Registry, file: InlineFile) -> Change:
    async def pieces() -> AsyncIterator[bytes]:
        yield file.data

    landed = await registry.staging.take(pieces(), limit=len(file.data))
    blob = await keep(registry, landed)
    return PutFile(file.path, blob_oid(file.data), len(file.data), False, blob.id)


async def _large(registry: Registry, here: Place, actor: Actor, file: LargeFile) -> Change:
    blob = await within_reach(registry, here, actor, file.digest)
    if blob is None:
        raise Invalid(f"{file.path}: the bytes with the digest {file.digest} have not been uploaded here")
    if file.size is not None and file.size != blob.size:
        raise Invalid(f"{file.path}: the commit says {file.size} bytes, the upload had {blob.size}")
    return PutFile(file.path, _pointer(file.digest, blob.size), blob.size, True, blob.id)


def _pointer(digest: Digest, size: int) -> GitOid:
    return LfsPointer(digest, size).oid
