"""Remote: packages of an outside registry, fetched when somebody asks and kept from then on."""

from bisect import bisect_left
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import replace
from typing import cast

from entrepot.blobs.threads import in_thread
from entrepot.catalog import packages, search, upstream
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.search import MAX_PAGE, Query
from entrepot.domain.content import File, Folder, Json, Package, Ref, Revision
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import (
    FileNotFound,
    Forbidden,
    Invalid,
    PackageNotFound,
    UpstreamRefused,
    UpstreamUnavailable,
)
from entrepot.domain.names import FilePath, PackageName, PackageType
from entrepot.repositories import Page, Parts, Repository, RepositoryKind
from entrepot.repositories.remote import answers
from entrepot.repositories.remote.answers import Said
from entrepot.repositories.remote.asking import Asking, Question
from entrepot.repositories.remote.questions import (
    DEFAULT,
    changes_question,
    revision_question,
    tree_question,
)

COUNTED = 1000
"""How many commits upstream is asked for to say how many there are: one page."""
OFFLINE = "offline:"
"""How cursors of lists begin that were made from what is cached, because upstream was away."""


class RemoteRepository:
    """A repository that stands for an upstream: commits are kept for ever, branches for a short time."""

    def __init__(self, row: RepositoryRow, parts: Parts) -> None:
        self._row = row
        self._parts = parts
        self._database = parts.database
        self._upstream = parts.upstream(row)
        self._asking = Asking(row, parts)

    @property
    def row(self) -> RepositoryRow:
        return self._row

    async def package(self, name: PackageName) -> Package:
        return (await self.revision(name, DEFAULT[0])).package

    async def revision(self, name: PackageName, ref: str) -> Revision:
        question = revision_question(name, ref)

        async def ask() -> Json:
            return await self._describe(name, ref)

        said: Said = await self._asking.answer(question, ask)
        try:
            package = await self._database.read(packages.by_id, said["package"])
        except PackageNotFound:
            # Somebody deleted what was cached of it; upstream may have it still.
            said = await self._asking.ask(question, ask)
            package = await self._database.read(packages.by_id, said["package"])
        return answers.revision(package, said)

    async def _describe(self, name: PackageName, ref: str) -> Json:
        is_default = ref in DEFAULT
        seen = await self._upstream.describe(name, None if is_default else ref)
        if GitOid.looks_like(ref) and seen.commit.hex != ref:
            raise UpstreamRefused(f"upstream answers for the commit {ref} with {seen.commit}", 502)
        package = await self._database.write(
            upstream.remember_package, self._row.id, name, seen.package, refresh=is_default
        )
        said = {"package": package.id, **answers.of_revision(seen)}
        # Whoever pins the commit next, or asks by the package's present name, need not ask upstream again.
        for known in {revision_question(package.name, seen.commit.hex), revision_question(package.name, ref)}:
            await self._database.write(upstream.keep_answer, self._row.id, known.key, upstream.FOUND, said)
        return said

    async def file(self, revision: Revision, path: FilePath) -> File:
        known = await self._database.read(upstream.find_file, revision.package.id, revision.commit, path)
        if known is not None:
            return known
        everything = await self._known_listing(revision)
        if everything is not None:
            return _file_in(everything, revision, path)

        async def ask() -> Json:
            if await self._database.read(upstream.find_file, revision.package.id, revision.commit, path) is None:
                seen = await self._upstream.head(revision.package.name, revision.commit, path)
                await self._database.write(upstream.remember_file, revision.package.id, revision.commit, seen)
            return None

        question = Question(("file", revision.package.id, revision.commit.hex, path.text), missing_forever=True)
        await self._asking.answer(question, ask)
        found = await self._database.read(upstream.find_file, revision.package.id, revision.commit, path)
        if found is None:
            raise UpstreamUnavailable(f"{path} was removed while it was looked up")
        return found

    async def listing(self, revision: Revision, folder: FilePath | None, recursive: bool) -> list[File | Folder]:
        everything = await self._known_listing(revision)
        if everything is None:
            found = await self._ask_listing(revision, folder, recursive)
        else:
            found = _below(everything, revision, folder, recursive)
        stored = await self._database.read(upstream.stored_at, revision.package.id, revision.commit)
        return [
            replace(item, blob=stored[item.path.text]) if isinstance(item, File) and item.path.text in stored else item
            for item in found
        ]

    async def everything(self, name: PackageName, ref: str) -> tuple[Revision, list[File | Folder]]:
        revision = await self.revision(name, ref)
        return revision, await self.listing(revision, None, True)

    async def _known_listing(self, revision: Revision) -> list[File | Folder] | None:
        """Everything in the revision, where upstream was asked for that before."""
        key = (revision.package.id, revision.commit)
        remembered = self._parts.memory.listing(key)
        if remembered is not None:
            return remembered
        said: Said = await self._asking.remembered(
            tree_question(revision.package.id, revision.commit, None, recursive=True)
        )
        if said is None:
            return None
        listing = await in_thread(lambda: [answers.entry(line) for line in said])
        self._parts.memory.keep_listing(key, listing)
        return listing

    async def _ask_listing(self, revision: Revision, folder: FilePath | None, recursive: bool) -> list[File | Folder]:
        async def ask() -> Json:
            seen = await self._upstream.tree(revision.package.name, revision.commit, folder, recursive)
            return [answers.of_entry(item) for item in sorted(seen, key=_order)]

        said: Said = await self._asking.answer(
            tree_question(revision.package.id, revision.commit, folder, recursive=recursive), ask
        )
        return await in_thread(lambda: [answers.entry(line) for line in said])

    async def changed(self, newer: Revision, older: Revision, paths: Collection[FilePath]) -> set[FilePath]:
        here, there = [
            {item.path: item.oid for item in await self.listing(revision, None, True)} for revision in (newer, older)
        ]
        return {path for path in paths if here.get(path) != there.get(path)}

    async def last_changes(self, revision: Revision, folder: FilePath | None) -> Mapping[FilePath, Revision] | None:
        package, commit = revision.package, revision.commit

        async def ask() -> Json:
            told = await self._upstream.last_changes(package, commit, folder)
            return [[path.text, answers.of_revision(made)] for path, made in told.items()]

        said: Said = await self._asking.answer(changes_question(package.id, commit, folder), ask)
        return {FilePath(path): answers.revision(package, line) for path, line in said}

    async def refs(self, package: Package) -> list[Ref]:
        async def ask() -> Json:
            return answers.of_refs(await self._upstream.refs(package.name))

        return answers.refs(await self._asking.answer(Question(("refs", package.id)), ask))

    async def history(self, package: Package, ref: str, limit: int) -> list[Revision]:
        async def ask() -> Json:
            return [answers.of_revision(seen) for seen in await self._upstream.history(package, ref, limit)]

        question = Question(("history", package.id, ref, limit), forever=GitOid.looks_like(ref))
        said: Said = await self._asking.answer(question, ask)
        return [answers.revision(package, line) for line in said]

    async def history_length(self, package: Package, ref: str) -> int:
        return len(await self.history(package, ref, COUNTED))

    async def search(self, query: Query, cursor: str) -> Page:
        if cursor.startswith(OFFLINE):
            return await self._search_here(query, cursor)

        async def ask() -> Json:
            page = await self._upstream.search(query, cursor)
            return {"packages": [answers.of_package(item) for item in page.packages], "cursor": page.cursor}

        words = (query.type.value, query.text, query.namespace, query.tags, query.order, query.limit, query.more)
        try:
            said: Said = await self._asking.answer(Question(("search", *words, cursor)), ask)
        except UpstreamUnavailable:
            if cursor:
                raise
            return await self._search_here(query, OFFLINE + "0")
        found = [answers.package(self._row.key, line) for line in said["packages"]]
        return Page([item for item in found if query.with_private or not item.private], said["cursor"])

    async def _search_here(self, query: Query, cursor: str) -> Page:
        offset = cursor.removeprefix(OFFLINE)
        if not (offset.isascii() and offset.isdigit() and len(offset) < 10):
            raise Invalid(f"{cursor[:80]!r} is not a cursor of this list")
        limit = min(query.limit, MAX_PAGE)
        page = replace(query, limit=limit + 1, offset=int(offset))
        found = await self._database.read(search.find, self._row.id, page)
        return Page(found[:limit], f"{OFFLINE}{int(offset) + limit}" if len(found) > limit else "")

    async def tags_by_type(self, kind: PackageType) -> Mapping[str, object]:
        async def ask() -> Json:
            return cast(Json, await self._upstream.tags_by_type(kind))

        return cast(Mapping[str, object], await self._asking.answer(Question(("tags", kind.value)), ask))

    def fetch(self, revision: Revision, file: File, start: int, end: int | None = None) -> AsyncGenerator[bytes, None]:
        return self._upstream.open(revision.package.name, revision.commit, file, start, end)

    async def member(self, name: PackageName) -> Repository:
        return self

    async def deploy_target(self, name: PackageName | None) -> Repository:
        raise Forbidden(f"{self._row.key} stands for {self._row.upstream} and takes no uploads")


def _order(item: File | Folder) -> tuple[str, ...]:
    return item.path.segments


def _file_in(everything: list[File | Folder], revision: Revision, path: FilePath) -> File:
    at = bisect_left(everything, path.segments, key=_order)
    item = everything[at] if at < len(everything) else None
    if not isinstance(item, File) or item.path != path:
        raise FileNotFound(f"{revision.package.name} has no file {path} at {revision.commit}", revision.commit.hex)
    return item


def _below(
    everything: list[File | Folder], revision: Revision, folder: FilePath | None, recursive: bool
) -> list[File | Folder]:
    prefix = f"{folder}/" if folder else ""
    found = [item for item in everything if item.path.text.startswith(prefix)]
    if folder and not found:
        raise FileNotFound(f"{revision.package.name} has no folder {folder} at {revision.commit}", revision.commit.hex)
    return found if recursive else [item for item in found if "/" not in item.path.text[len(prefix) :]]


KIND = RepositoryKind(Kind.REMOTE.value, RemoteRepository)
