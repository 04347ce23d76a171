"""What a commit changes: files put, files and folders taken away."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from entrepot.domain.content import Author
from entrepot.domain.digest import GitOid
from entrepot.domain.names import FilePath


@dataclass(frozen=True, slots=True)
class PutFile:
    """A file at a path, new or in place of what is there; its bytes are stored as the blob with that row id."""

    path: FilePath
    oid: GitOid
    """What git calls it: of the bytes, or of the LFS pointer."""
    size: int
    lfs: bool
    blob_id: int


@dataclass(frozen=True, slots=True)
class CopyFile:
    """A file of another revision of the same package, at a path of this one."""

    path: FilePath
    source: FilePath
    revision: str
    """Where the source is; empty for the parent."""


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """The file at a path is gone; not being there is an error."""

    path: FilePath


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    """Everything below a path is gone; not being there is an error."""

    path: FilePath


Change: TypeAlias = PutFile | CopyFile | DeleteFile | DeleteFolder


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit as it is asked for: changes on top of a branch's head."""

    changes: tuple[Change, ...]
    author: Author
    date: datetime
    message: str
    parent: str = ""
    """The commit that the author saw, in full or its beginning; empty for whatever is there."""
