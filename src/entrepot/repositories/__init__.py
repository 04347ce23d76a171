"""Where does a name lead? Each module offers `KIND`: local, remote, virtual, behind one contract."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from entrepot.catalog.database import Database
from entrepot.catalog.repositories import RepositoryRow
from entrepot.catalog.search import Query
from entrepot.domain.content import File, Folder, Package, Ref, Revision
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.repositories.memory import Memory
from entrepot.repositories.upstream import Page as Page
from entrepot.repositories.upstream import Upstream

CONTRACT = ("memory", "upstream")
"""The modules here that are not a kind of repository but what the kinds share."""


class Repository(Protocol):
    """A place packages are found.

    `NotFound` in all its kinds means that the name leads nowhere; that an upstream can't be asked is `UpstreamError`,
    and never `NotFound`: who looks elsewhere after that would be open to dependency confusion.
    """

    @property
    def row(self) -> RepositoryRow:
        """How it was set up."""

    async def package(self, name: PackageName) -> Package:
        """The package, by its present name; raises `PackageNotFound`."""

    async def revision(self, name: PackageName, ref: str) -> Revision:
        """The revision that a branch, tag, full ref or commit id leads to, with its package; raises `NotFound`."""

    async def file(self, revision: Revision, path: FilePath) -> File:
        """One file of a revision; raises `FileNotFound`."""

    async def listing(self, revision: Revision, folder: FilePath | None, recursive: bool) -> list[File | Folder]:
        """What stands in a folder (None: the top) by path; raises `FileNotFound` where there is no such folder."""

    async def everything(self, name: PackageName, ref: str) -> tuple[Revision, list[File | Folder]]:
        """The revision, and all that stands in it, with as few questions as it takes; raises `NotFound`."""

    async def changed(self, newer: Revision, older: Revision, paths: Collection[FilePath]) -> set[FilePath]:
        """Which of the paths are not the same in both revisions of a package."""

    async def last_changes(self, revision: Revision, folder: FilePath | None) -> Mapping[FilePath, Revision] | None:
        """The commit that made what stands in a folder what it is, as somebody outside tells.

        None where nobody does: then revisions can be compared for it, one after the other.
        """

    async def refs(self, package: Package) -> list[Ref]:
        """Every ref of the package, by name."""

    async def history(self, package: Package, ref: str, limit: int) -> list[Revision]:
        """The commits that lead to a ref, the newest first; raises `RevisionNotFound`."""

    async def history_length(self, package: Package, ref: str) -> int:
        """How many commits lead to a ref; of an upstream that has many, how many are told of at once."""

    async def search(self, query: Query, cursor: str) -> Page:
        """One page of the packages that match."""

    async def tags_by_type(self, kind: PackageType) -> Mapping[str, object]:
        """The tags that packages can be filtered by, as the Hub groups them; may be empty."""

    def fetch(self, revision: Revision, file: File, start: int, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes of a file that is not stored yet, from upstream, from `start` on (and up to `end`, about).

        What comes is not verified. Raises `UpstreamError` where upstream breaks off, stalls, or sends another file;
        `FileNotFound` where there is no upstream.
        """

    async def member(self, name: PackageName) -> "Repository":
        """The repository that really holds the package: itself, or for a virtual one the member in question."""

    async def deploy_target(self, name: PackageName | None) -> "Repository":
        """The local repository that takes uploads for this one; raises `Forbidden` where there is none."""


async def nothing_to_let_go() -> None:
    """What closes parts that hold nothing open."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What repositories are made of."""

    database: Database
    upstream: Callable[[RepositoryRow], Upstream]
    """Opens the outside registry of a remote repository."""
    branch_age: timedelta
    """How long what an upstream says of a branch is taken for current."""
    missing_age: timedelta
    """How long it is remembered that upstream does not have a name."""
    open: Callable[[RepositoryKey], Awaitable[Repository]]
    """Opens another repository, for virtual ones."""
    memory: Memory = field(default_factory=Memory)
    """What this process knows between two requests."""
    let_go: Callable[[], Awaitable[None]] = nothing_to_let_go
    """Closes what upstreams have open; nothing is asked of them afterwards."""


@dataclass(frozen=True, slots=True)
class RepositoryKind:
    """One answer to the question: the kind's name, and what makes a repository of it."""

    name: str
    build: Callable[[RepositoryRow, Parts], Repository]
