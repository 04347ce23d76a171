"""Upstream: what a remote repository asks of the outside registry that it stands for."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Protocol

from entrepot.catalog.search import Query
from entrepot.domain.content import File, Folder, Package, Ref, Revision
from entrepot.domain.digest import GitOid
from entrepot.domain.names import FilePath, PackageName, PackageType


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and where the next part begins; an empty cursor means that this was the last."""

    packages: list[Package]
    cursor: str = ""


class Upstream(Protocol):
    """An outside registry. Redirects are followed here; nothing that it says is passed on unread.

    Every call raises `UpstreamUnavailable` where upstream is down, slow or broke off, `UpstreamRefused` where it said
    no or made no sense, and the `NotFound` that fits where upstream itself said that something is not there. Packages
    come without a row of the catalog.
    """

    async def describe(self, name: PackageName, ref: str | None) -> Revision:
        """The revision that a ref or commit id leads to (None: the default branch), its package under its present name.

        The package's facts are upstream's JSON, cut down to what describes it.
        """

    async def head(self, name: PackageName, commit: GitOid, path: FilePath) -> File:
        """One file, without its bytes."""

    async def tree(
        self, name: PackageName, commit: GitOid, folder: FilePath | None, recursive: bool
    ) -> list[File | Folder]:
        """What stands in a folder (None: the top), or also below it, by path: every page of it."""

    async def refs(self, name: PackageName) -> list[Ref]:
        """Every ref, by name."""

    async def history(self, package: Package, ref: str, limit: int) -> list[Revision]:
        """The commits that lead to a ref, the newest first."""

    async def last_changes(
        self, package: Package, commit: GitOid, folder: FilePath | None
    ) -> Mapping[FilePath, Revision]:
        """The commit that made what stands in a folder what it is, as far as one page of upstream's list tells."""

    async def search(self, query: Query, cursor: str) -> Page:
        """One page of the packages that match."""

    async def tags_by_type(self, kind: PackageType) -> Mapping[str, object]:
        """The tags that packages can be filtered by, as the Hub groups them."""

    def open(
        self, name: PackageName, commit: GitOid, file: File, start: int, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The file's bytes from `start` on, or up to and not including `end`; what comes is not verified.

        With an `end`, at most a piece more may come; raises `UpstreamRefused` where upstream sends no parts.
        """
