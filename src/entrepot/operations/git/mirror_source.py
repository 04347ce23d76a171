"""The git objects of an upstream's package, out of our mirror of it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from entrepot.blobs.threads import in_thread
from entrepot.domain.actor import Actor
from entrepot.domain.content import Blob, File, Ref, Revision
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.door import Door
from entrepot.domain.errors import Invalid, UpstreamError
from entrepot.domain.git import LfsPointer
from entrepot.domain.names import FilePath, PackageType, RefName
from entrepot.operations.browse import Place
from entrepot.operations.case import Case
from entrepot.operations.dossier import is_compiled
from entrepot.operations.gate import Clearance, clear, screen
from entrepot.operations.git import mirror as mirrors
from entrepot.operations.git.mirror import Mirror, MirrorObjects
from entrepot.operations.git.walk import Leaf, Objects, files_at
from entrepot.operations.inspection.inspect import inspect_bytes
from entrepot.operations.registry import Registry

T = TypeVar("T")

_FETCHERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="mirrors")
"""Threads of their own: upstreams may be slow, and those that read bytes must not wait for them."""
_DATE = re.compile(rb"^committer [^\n]*> ([0-9]{1,11}) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MirroredFile:
    """A source for the bytes of a small file in a mirror."""

    mirror: Mirror
    oid: GitOid

    @property
    def path(self) -> Path | None:
        """None: it is in a pack."""
        return None

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`."""
        yield (await in_thread(_file, self.mirror, self.oid))[start:end]


def _file(mirror: Mirror, oid: GitOid) -> bytes:
    with mirror.objects() as objects:
        return objects.file(oid)


@dataclass(frozen=True, slots=True)
class MirrorSource:
    """A package of a remote repository."""

    registry: Registry
    place: Place
    actor: Actor
    mirror: Mirror
    sizes: dict[GitOid, tuple[int, Digest | None]] = field(default_factory=dict)
    """What each file that was looked at is: its size, and its digest where it is a large one."""

    @classmethod
    def of(cls, registry: Registry, place: Place, actor: Actor) -> "MirrorSource":
        """The package's mirror, in the data folder."""
        row, name = place.repository.row, place.package.name
        prefix = "" if name.type is PackageType.MODEL else f"{name.type.plural}/"
        root = mirrors.root(registry.settings.data_folder) / row.key.text
        token = registry.signer.decrypt(row.upstream_token)
        url = f"{row.upstream.rstrip('/')}/{prefix}{name.id}"
        return cls(registry, place, actor, Mirror.of(root, url, token, registry.settings.upstream_seconds))

    async def refs(self) -> list[Ref]:
        age = await in_thread(self.mirror.age)
        if age is None or age > self.registry.settings.branch_seconds:
            try:
                await self.refresh()
            except UpstreamError:
                if age is None:
                    raise
        found = await in_thread(self.mirror.refs)
        return [Ref(RefName(name), GitOid(commit)) for name, commit in sorted(found.items())]

    async def refresh(self) -> None:
        # Shared by all who ask meanwhile, and it goes on when they leave.
        await asyncio.shield(self.registry.parts.memory.ask(("mirror", self.mirror.folder), self._update))

    async def _update(self) -> None:
        await asyncio.get_running_loop().run_in_executor(_FETCHERS, self.mirror.update)

    async def ask(self, question: Callable[[Objects], T]) -> T:
        if await in_thread(self.mirror.age) is None:
            await self.refresh()
        return await in_thread(self._ask, question)

    def _ask(self, question: Callable[[Objects], T]) -> T:
        with self.mirror.objects() as objects:
            return question(objects)

    async def leaves(self, commit: GitOid, leaves: Sequence[Leaf]) -> list[LfsPointer | Clearance]:
        revision = await in_thread(self._revision, commit)
        case = Case(self.place.repository, revision, self.actor, Door.GIT)
        if not is_compiled(self.registry, case):
            # The mirror knows it: upstream is not asked what stands in each commit of a long history.
            case = replace(case, listing=await in_thread(self._listing, commit))
        await screen(self.registry, case)
        described = await in_thread(self._describe, leaves)
        return [await self._cleared(case.of(file), file) for file in described]

    def _revision(self, commit: GitOid) -> Revision:
        with self.mirror.objects() as objects:
            found = _DATE.search(objects.commit(commit) or b"")
        return Revision(self.place.package, commit, datetime.fromtimestamp(int(found[1]) if found else 0, UTC))

    def _listing(self, commit: GitOid) -> list[File]:
        with self.mirror.objects() as objects:
            found = [self._file(objects, path, oid) for path, oid in files_at(objects, commit)]
        return sorted(found, key=lambda file: file.path.segments)

    def _describe(self, leaves: Sequence[Leaf]) -> list[File]:
        with self.mirror.objects() as objects:
            return [self._file(objects, leaf.path, leaf.oid) for leaf in leaves]

    def _file(self, objects: MirrorObjects, path: FilePath, oid: GitOid) -> File:
        if oid not in self.sizes:
            data = objects.file(oid)
            try:
                pointer = LfsPointer.parse(data)
            except Invalid:
                self.sizes[oid] = len(data), None
            else:
                self.sizes[oid] = pointer.size, pointer.digest
        size, digest = self.sizes[oid]
        return File(path, size, oid, digest)

    async def _cleared(self, case: Case, file: File) -> LfsPointer | Clearance:
        if file.lfs is not None:
            await screen(self.registry, case)
            return LfsPointer(file.lfs, file.size)
        data = await in_thread(_file, self.mirror, file.oid)
        # Judged and written down by its digest as at every other door, though no blob of ours has these bytes.
        case = case.of(replace(file, blob=Blob(0, await in_thread(Digest.of, data), len(data))))
        await screen(self.registry, case)
        report = await inspect_bytes(self.registry, data, file.path.text)
        return await clear(self.registry, case, MirroredFile(self.mirror, file.oid), report)
