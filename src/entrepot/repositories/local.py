"""Local: packages that were made here."""

from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import replace

from entrepot.catalog import packages, revisions, search, trees
from entrepot.catalog.database import Transaction
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.search import MAX_PAGE, Query
from entrepot.domain.content import File, Folder, Package, Ref, Revision
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import FileNotFound, Invalid
from entrepot.domain.names import FilePath, PackageName, PackageType
from entrepot.repositories import Page, Parts, Repository, RepositoryKind


class LocalRepository:
    """A repository whose packages live in the catalog and nowhere else."""

    def __init__(self, row: RepositoryRow, parts: Parts) -> None:
        self._row = row
        self._database = parts.database

    @property
    def row(self) -> RepositoryRow:
        return self._row

    async def package(self, name: PackageName) -> Package:
        return await self._database.read(packages.find, self._row.id, name)

    async def revision(self, name: PackageName, ref: str) -> Revision:
        return await self._database.read(lambda c: revisions.find(c, packages.find(c, self._row.id, name), ref))

    async def file(self, revision: Revision, path: FilePath) -> File:
        found = await self._database.read(trees.find_file, revision.package.id, _tree(revision), path)
        if found is None:
            raise FileNotFound(f"{revision.package.name} has no file {path} at {revision.commit}", revision.commit.hex)
        return found

    async def listing(self, revision: Revision, folder: FilePath | None, recursive: bool) -> list[File | Folder]:
        try:
            return await self._database.read(
                trees.listing, revision.package.id, _tree(revision), recursive=recursive, at=folder
            )
        except FileNotFound:
            raise FileNotFound(
                f"{revision.package.name} has no folder {folder} at {revision.commit}", revision.commit.hex
            ) from None

    async def everything(self, name: PackageName, ref: str) -> tuple[Revision, list[File | Folder]]:
        return await self._database.read(self._everything, name, ref)

    def _everything(self, connection: Transaction, name: PackageName, ref: str) -> tuple[Revision, list[File | Folder]]:
        revision = revisions.find(connection, packages.find(connection, self._row.id, name), ref)
        return revision, trees.listing(connection, revision.package.id, _tree(revision), recursive=True)

    async def changed(self, newer: Revision, older: Revision, paths: Collection[FilePath]) -> set[FilePath]:
        roots = (_tree(newer), _tree(older))
        return await self._database.read(trees.changed, newer.package.id, roots, paths)

    async def last_changes(self, revision: Revision, folder: FilePath | None) -> Mapping[FilePath, Revision] | None:
        return None

    async def refs(self, package: Package) -> list[Ref]:
        return await self._database.read(revisions.all_refs, package.id)

    async def history(self, package: Package, ref: str, limit: int) -> list[Revision]:
        return await self._database.read(
            lambda c: revisions.history(c, package, revisions.commit_of(c, package.id, ref), limit)
        )

    async def history_length(self, package: Package, ref: str) -> int:
        return await self._database.read(
            lambda c: revisions.history_length(c, package.id, revisions.commit_of(c, package.id, ref))
        )

    async def search(self, query: Query, cursor: str) -> Page:
        offset = _offset(cursor)
        limit = min(query.limit, MAX_PAGE)
        page = replace(query, limit=limit + 1, offset=offset)
        found = await self._database.read(search.find, self._row.id, page)
        return Page(found[:limit], str(offset + limit) if len(found) > limit else "")

    async def tags_by_type(self, kind: PackageType) -> Mapping[str, object]:
        return {}

    def fetch(self, revision: Revision, file: File, start: int, end: int | None = None) -> AsyncGenerator[bytes, None]:
        raise FileNotFound(f"{self._row.key} has no upstream to fetch {file.path} from")

    async def member(self, name: PackageName) -> Repository:
        return self

    async def deploy_target(self, name: PackageName | None) -> Repository:
        return self


def _tree(revision: Revision) -> GitOid:
    if revision.tree is None:
        raise AssertionError("a revision of the catalog has a tree")
    return revision.tree


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise Invalid(f"{cursor[:80]!r} is not a cursor of this list")
    return int(cursor)


KIND = RepositoryKind(Kind.LOCAL.value, LocalRepository)
