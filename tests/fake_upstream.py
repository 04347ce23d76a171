"""An upstream in memory that counts what it is asked and fails when told to."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from entrepot.catalog.search import Query
from entrepot.domain.content import File, Folder, Package, Ref, Revision
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import FileNotFound, PackageNotFound, RevisionNotFound
from entrepot.domain.git import LfsPointer, blob_oid
from entrepot.domain.names import FilePath, PackageName, PackageType, RefName, RepositoryKey
from entrepot.repositories.upstream import Page

WHEN = datetime(2024, 5, 1, tzinfo=UTC)
FIRST = GitOid("a" * 40)
SECOND = GitOid("b" * 40)


def model(text: str) -> PackageName:
    """The model of that name."""
    return PackageName.parse(PackageType.MODEL, text)


def file_of(path: str, data: bytes, *, lfs: bool = False) -> File:
    """The file that an upstream would promise for these bytes."""
    if not lfs:
        return File(FilePath(path), len(data), blob_oid(data))
    digest = Digest.of(data)
    return File(FilePath(path), len(data), LfsPointer(digest, len(data)).oid, digest)


@dataclass
class FakeUpstream:
    """Packages by id: commits with files by path, and which commit the main branch is at."""

    key: str = "remote"
    commits: dict[str, dict[GitOid, dict[str, tuple[File, bytes]]]] = field(default_factory=dict)
    heads: dict[str, GitOid] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    private: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    failure: Exception | None = None
    page: int = 100

    def add(self, id: str, files: dict[str, bytes], commit: GitOid = FIRST, *, lfs: bool = False) -> None:
        """A commit that the main branch is at from now on."""
        made = {path: (file_of(path, data, lfs=lfs), data) for path, data in files.items()}
        self.commits.setdefault(id, {})[commit] = made
        self.heads[id] = commit

    def _ask(self, what: str) -> None:
        self.asked[what] += 1
        if self.failure is not None:
            raise self.failure

    def _package(self, id: str) -> Package:
        return Package(RepositoryKey(self.key), model(id), WHEN, WHEN, self.private, facts=dict(self.facts))

    async def describe(self, name: PackageName, ref: str | None) -> Revision:
        self._ask(f"describe {name} {ref}")
        id = self.moved.get(name.id, name.id)
        if id not in self.commits:
            raise PackageNotFound(f"there is no {name}")
        commit = self.heads[id] if ref in (None, "main") else GitOid(ref) if GitOid.looks_like(ref) else None
        if commit not in self.commits[id]:
            raise RevisionNotFound(f"Invalid rev id: {ref}")
        return Revision(self._package(id), commit, WHEN)

    async def head(self, name: PackageName, commit: GitOid, path: FilePath) -> File:
        self._ask(f"head {path}")
        found = self.commits[name.id][commit].get(path.text)
        if found is None:
            raise FileNotFound("Entry not found", commit.hex)
        return found[0]

    async def tree(
        self, name: PackageName, commit: GitOid, folder: FilePath | None, recursive: bool
    ) -> list[File | Folder]:
        self._ask(f"tree {folder} {recursive}")
        prefix = f"{folder}/" if folder else ""
        files = [file for path, (file, _) in self.commits[name.id][commit].items() if path.startswith(prefix)]
        if folder and not files:
            raise FileNotFound("Entry not found", commit.hex)
        folders = {file.path.folder for file in files} - {"", str(folder)}
        found: list[File | Folder] = [*files, *(Folder(FilePath(path), SECOND) for path in folders)]
        return [item for item in found if recursive or "/" not in item.path.text[len(prefix) :]]

    async def last_changes(
        self, package: Package, commit: GitOid, folder: FilePath | None
    ) -> Mapping[FilePath, Revision]:
        self._ask(f"changes {folder}")
        made = Revision(package, FIRST, WHEN, "the first files")
        return {item.path: made for item in await self.tree(package.name, commit, folder, False)}

    async def refs(self, name: PackageName) -> list[Ref]:
        self._ask("refs")
        return [Ref(RefName("refs/heads/main"), self.heads[name.id])]

    async def history(self, package: Package, ref: str, limit: int) -> list[Revision]:
        self._ask("history")
        return [Revision(package, commit, WHEN, "a title") for commit in self.commits[package.name.id]][:limit]

    async def search(self, query: Query, cursor: str) -> Page:
        self._ask("search")
        ids = sorted(id for id in self.commits if query.text in id)
        at = int(cursor or 0)
        limit = min(self.page, query.limit)
        more = str(at + limit) if at + limit < len(ids) else ""
        return Page([self._package(id) for id in ids[at : at + limit]], more)

    async def tags_by_type(self, kind: PackageType) -> Mapping[str, object]:
        self._ask("tags")
        return {"library": [{"id": self.key}]}

    async def open(
        self, name: PackageName, commit: GitOid, file: File, start: int, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        self._ask(f"open {file.path}")
        data = self.commits[name.id][commit][file.path.text][1][:end]
        for at in range(start, len(data), 100_000):
            yield data[at : at + 100_000]
