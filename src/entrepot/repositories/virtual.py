"""Virtual: several repositories under one name, asked in order; what exists locally is never asked for outside."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import replace

from entrepot.catalog import packages, upstream
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.search import MAX_PAGE, Query
from entrepot.domain.content import File, Folder, Package, Ref, Revision
from entrepot.domain.errors import Forbidden, Invalid, NotFound, PackageNotFound
from entrepot.domain.names import FilePath, PackageName, PackageType
from entrepot.repositories import Page, Parts, Repository, RepositoryKind

MAX_CURSOR = 8192
MAX_ROUNDS = 20
"""How many pages of members are looked through for one page; a shorter page is no harm."""


class VirtualRepository:
    """A repository that has nothing of its own. A package comes whole from one member, never from two."""

    def __init__(self, row: RepositoryRow, parts: Parts) -> None:
        self._row = row
        self._parts = parts

    @property
    def row(self) -> RepositoryRow:
        return self._row

    async def member(self, name: PackageName) -> Repository:
        # 1. What exists locally is decided here, and before anybody outside hears the name: otherwise whoever
        #    registers a local name outside could answer for it (dependency confusion).
        members = await self._members()
        for local in _locals(members):
            if await self._has(local, name):
                return local
        # 2. Outside, the first that has it. One that can't be asked is an error, never a "not here".
        key = ("member", self._row.key, name.type, name.folded)
        noted = self._parts.memory.noted(key)
        outside = [member for member in members if member.row.kind is not Kind.LOCAL]
        for remote in sorted(outside, key=lambda member: member.row.key != noted):
            try:
                await remote.package(name)
            except NotFound:
                continue
            self._parts.memory.note(key, remote.row.key, self._parts.branch_age.total_seconds())
            return remote
        raise PackageNotFound(f"there is no {name.type} called {name}")

    async def _members(self) -> list[Repository]:
        return [await self._parts.open(key) for key in self._row.members]

    async def _has(self, local: Repository, name: PackageName) -> bool:
        try:
            await self._parts.database.read(packages.find, local.row.id, name)
        except PackageNotFound:
            return False
        return True

    async def package(self, name: PackageName) -> Package:
        return await (await self.member(name)).package(name)

    async def revision(self, name: PackageName, ref: str) -> Revision:
        return await (await self.member(name)).revision(name, ref)

    async def file(self, revision: Revision, path: FilePath) -> File:
        return await (await self._holder(revision.package)).file(revision, path)

    async def listing(self, revision: Revision, folder: FilePath | None, recursive: bool) -> list[File | Folder]:
        return await (await self._holder(revision.package)).listing(revision, folder, recursive)

    async def everything(self, name: PackageName, ref: str) -> tuple[Revision, list[File | Folder]]:
        return await (await self.member(name)).everything(name, ref)

    async def changed(self, newer: Revision, older: Revision, paths: Collection[FilePath]) -> set[FilePath]:
        return await (await self._holder(newer.package)).changed(newer, older, paths)

    async def last_changes(self, revision: Revision, folder: FilePath | None) -> Mapping[FilePath, Revision] | None:
        return await (await self._holder(revision.package)).last_changes(revision, folder)

    async def refs(self, package: Package) -> list[Ref]:
        return await (await self._holder(package)).refs(package)

    async def history(self, package: Package, ref: str, limit: int) -> list[Revision]:
        return await (await self._holder(package)).history(package, ref, limit)

    async def history_length(self, package: Package, ref: str) -> int:
        return await (await self._holder(package)).history_length(package, ref)

    async def _holder(self, package: Package) -> Repository:
        if package.repository not in self._row.members:
            raise PackageNotFound(f"{package.name} is of no member of {self._row.key}")
        return await self._parts.open(package.repository)

    async def search(self, query: Query, cursor: str) -> Page:
        members = await self._members()
        ordered = _locals(members) + [member for member in members if member.row.kind is not Kind.LOCAL]
        position, inner = _read_cursor(cursor)
        limit = min(query.limit, MAX_PAGE)
        found: dict[str, Package] = {}
        for _ in range(MAX_ROUNDS):
            if position >= len(ordered) or len(found) >= limit:
                break
            asked = replace(query, limit=limit - len(found))
            page = await ordered[position].search(asked, inner)
            earlier = [member.row.id for member in ordered[:position]]
            taken = await self._parts.database.read(upstream.names_in, earlier, [item.name for item in page.packages])
            for item in page.packages:
                if item.name.folded not in taken:
                    found.setdefault(item.name.folded, item)
            inner = page.cursor
            if not inner:
                position += 1
        return Page(list(found.values()), _cursor(position, inner) if position < len(ordered) else "")

    async def tags_by_type(self, kind: PackageType) -> Mapping[str, object]:
        merged: dict[str, object] = {}
        for member in await self._members():
            for group, tags in (await member.tags_by_type(kind)).items():
                merged.setdefault(group, tags)
        return merged

    async def fetch(
        self, revision: Revision, file: File, start: int, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        holder = await self._holder(revision.package)
        async for piece in holder.fetch(revision, file, start, end):
            yield piece

    async def deploy_target(self, name: PackageName | None) -> Repository:
        if self._row.deploy_to is None:
            raise Forbidden(f"{self._row.key} takes no uploads: no local repository is set up for them")
        return await self._parts.open(self._row.deploy_to)


def _locals(members: list[Repository]) -> list[Repository]:
    return [member for member in members if member.row.kind is Kind.LOCAL]


def _cursor(position: int, inner: str) -> str:
    return urlsafe_b64encode(json.dumps([position, inner]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, str]:
    """The member's position and the cursor within it; raises `Invalid`."""
    if not cursor:
        return 0, ""
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError(cursor)
        said = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position, inner = said
    except (ValueError, TypeError, RecursionError):
        raise Invalid(f"{cursor[:80]!r} is not a cursor of this list") from None
    if type(position) is not int or position < 0 or not isinstance(inner, str):
        raise Invalid(f"{cursor[:80]!r} is not a cursor of this list")
    return position, inner


KIND = RepositoryKind(Kind.VIRTUAL.value, VirtualRepository)
