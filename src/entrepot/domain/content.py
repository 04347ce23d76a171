"""What a registry holds: packages, their revisions, the files in them, and the blobs below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.names import FilePath, PackageName, RefName, RepositoryKey

Json: TypeAlias = "None | bool | int | float | str | Sequence[Json] | Mapping[str, Json]"
"""A value that JSON can hold."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that the store holds: their digest and size, and the id that names point to."""

    id: int
    digest: Digest
    size: int
    xet: str | None = None
    """The text form of its Xet file hash, where it came by Xet."""
    chunked: bool = False
    """Whether its bytes are chunks in xorbs rather than a file of their own."""


@dataclass(frozen=True, slots=True)
class File:
    """A path in a revision; its digest and blob are there once they are known."""

    path: FilePath
    size: int
    oid: GitOid
    """What git calls it; for a large file the id of its LFS pointer."""
    lfs: Digest | None = None
    """The digest that the LFS pointer names; None for a regular file."""
    blob: Blob | None = None

    @property
    def etag(self) -> str:
        """The name under which clients cache it: SHA-256 for large files, git's SHA-1 for regular ones."""
        return self.lfs.hex if self.lfs else self.oid.hex


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in a revision, with the id of its git tree."""

    path: FilePath
    oid: GitOid


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a commit."""

    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """One model, dataset or space in a repository, with what its card and headers say of it."""

    repository: RepositoryKey
    """The repository that holds it: for a virtual one, the member."""
    name: PackageName
    created_at: datetime
    updated_at: datetime
    private: bool = False
    gated: str = ""
    """Empty, `auto` or `manual`."""
    downloads: int = 0
    likes: int = 0
    facts: Mapping[str, Json] = field(default_factory=dict)
    """`cardData`, `tags`, `pipeline_tag`, `library_name`, `safetensors`, `gguf`, `config`, … as the Hub calls them."""
    id: int = 0
    """The catalog's row; 0 for what is only known from upstream."""


@dataclass(frozen=True, slots=True)
class Revision:
    """An immutable list of files: a commit."""

    package: Package
    commit: GitOid
    date: datetime
    title: str = ""
    message: str = ""
    authors: tuple[Author, ...] = ()
    parents: tuple[GitOid, ...] = ()
    tree: GitOid | None = None
    """None where upstream has not told."""


@dataclass(frozen=True, slots=True)
class Ref:
    """What points to a revision: a branch, tag, pull request or conversion."""

    name: RefName
    commit: GitOid
