"""Git's objects as pure functions: the ids and bytes that git itself would give the same content."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import Invalid, TooLarge

Kind = Literal["blob", "tree", "commit"]

# Git's own fsck complains about longer names.
MAX_NAME = 4096
# Nobody reads more; the catalog keeps messages in a row.
MAX_MESSAGE = 1 << 20
MAX_IDENTITY = 256
# git-lfs does not take longer files for pointers.
MAX_POINTER = 1024
MAX_FILE_SIZE = (1 << 63) - 1
# The last second that every tool can print: the end of the year 9999.
MAX_DATE = 253_402_300_799

_NULL_OID = "0" * 40
# Git's fsck sees `.git` through what HFS+ ignores and what NTFS takes for the same name.
# Names that can't be wrong, as nearly all are: trees have thousands, and a closer look at each costs.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_HFS_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_DOT_GIT = re.compile(r"(?:\.git|git~1)[ .]*(?:[:\\]|\Z)", re.IGNORECASE | re.ASCII)
_IDENTITY_CRUD = re.compile("[\x00-\x20\x7f-\x9f<>]+")
_MESSAGE_CRUD = re.compile("[\x00-\x08\x0b-\x1f\x7f]+")
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,18})\n"
)
_COMMIT = re.compile(
    rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)"
    rb"author ([^<>\n]+) <([^<>\n]*)> (0|[1-9][0-9]{0,11}) \+0000\ncommitter [^\n]+\n\n"
)


def object_header(kind: Kind, size: int) -> bytes:
    """What git hashes, and stores, in front of an object's `size` bytes."""
    return b"%s %d\0" % (kind.encode(), size)


def object_oid(kind: Kind, body: bytes) -> GitOid:
    """The id of an object whose bytes are at hand."""
    hasher = hashlib.sha1(object_header(kind, len(body)), usedforsecurity=False)
    hasher.update(body)
    return GitOid(hasher.hexdigest())


def blob_oid(data: bytes) -> GitOid:
    """The id that git gives a file with this content."""
    return object_oid("blob", data)


def tree_oid(data: bytes) -> GitOid:
    """The id of an encoded tree."""
    return object_oid("tree", data)


class BlobHasher:
    """The id of a file that comes in pieces and whose size is known beforehand."""

    def __init__(self, size: int) -> None:
        if not 0 <= size <= MAX_FILE_SIZE:
            raise Invalid(f"not a file size: {size}")
        self._size = size
        self._seen = 0
        self._hasher = hashlib.sha1(object_header("blob", size), usedforsecurity=False)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take in the next bytes. Raises `Invalid` as soon as there are more than announced."""
        self._seen += memoryview(data).nbytes
        if self._seen > self._size:
            raise Invalid(f"more than the announced {self._size} bytes came")
        self._hasher.update(data)

    def finish(self) -> GitOid:
        """The file's id. Raises `Invalid` when bytes are missing."""
        if self._seen != self._size:
            raise Invalid(f"{self._size} bytes were announced and {self._seen} came")
        return GitOid(self._hasher.hexdigest())


@dataclass(frozen=True, slots=True)
class LfsPointer:
    """The small text that stands in git for a large file, as git-lfs writes it (spec v1)."""

    digest: Digest
    size: int

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_FILE_SIZE:
            raise Invalid(f"not a file size: {self.size}")

    @property
    def text(self) -> str:
        """The pointer file's content."""
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.digest}\nsize {self.size}\n"

    @property
    def data(self) -> bytes:
        """The pointer file's content as bytes."""
        return self.text.encode()

    @property
    def pointer_size(self) -> int:
        """How long the pointer file is; `size` is that of the file it stands for."""
        return len(self.text)

    @property
    def oid(self) -> GitOid:
        """The git id of the pointer file."""
        return blob_oid(self.data)

    @classmethod
    def parse(cls, data: bytes) -> "LfsPointer":
        """The pointer that the bytes are. Raises `Invalid` for all that git-lfs would not write itself."""
        match = _POINTER.fullmatch(data) if len(data) <= MAX_POINTER else None
        if match is None:
            raise Invalid("not a git-lfs pointer")
        return cls(Digest(match[1].decode()), int(match[2]))


class Mode(StrEnum):
    """What an entry of a tree is, in the octal digits that git writes."""

    FILE = "100644"
    EXECUTABLE = "100755"
    SYMLINK = "120000"
    FOLDER = "40000"
    SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One name in a folder. Raises `Invalid` for names that `git fsck` objects to or no client can write."""

    mode: Mode
    name: str
    oid: GitOid

    def __post_init__(self) -> None:
        if not _PLAIN_NAME.fullmatch(self.name) and (problem := _name_problem(self.name)):
            raise Invalid(f"not a name for a file in git ({problem}): {self.name[:80]!r}")
        if self.oid.hex == _NULL_OID:
            raise Invalid(f"no object is given for {self.name[:80]!r}")

    @property
    def sort_key(self) -> bytes:
        """Where git puts the entry: a folder stands where its name with a slash would."""
        return self.name.encode() + (b"/" if self.mode is Mode.FOLDER else b"")


def _name_problem(name: str) -> str | None:
    try:
        raw = name.encode()
    except UnicodeEncodeError:
        return "not Unicode"
    if not 0 < len(raw) <= MAX_NAME:
        return f"1 to {MAX_NAME} bytes"
    if "/" in name or "\0" in name:
        return "a slash or a zero byte in it"
    if name in (".", ".."):
        return "a folder's own name"
    if any(_DOT_GIT.match(part) for part in _HFS_IGNORED.sub("", name).split("\\")):
        return "git's own folder"
    return None


def encode_tree(entries: Iterable[TreeEntry]) -> bytes:
    """The bytes of a tree object, sorted as git sorts. Raises `Invalid` when a name stands there twice."""
    ordered = sorted(entries, key=lambda entry: entry.sort_key)
    _refuse_duplicates(ordered)
    return b"".join(b"%s %s\0%s" % (entry.mode.encode(), entry.name.encode(), entry.oid.raw) for entry in ordered)


def parse_tree(data: bytes) -> tuple[TreeEntry, ...]:
    """The entries of a tree object, in git's order.

    Raises `Invalid` for all that `encode_tree` would not write.
    """
    entries: list[TreeEntry] = []
    at = 0
    while at < len(data):
        entry, at = _parse_entry(data, at)
        if entries and entries[-1].sort_key >= entry.sort_key:
            raise Invalid(f"the tree is not in git's order at {entry.name[:80]!r}")
        entries.append(entry)
    _refuse_duplicates(entries)
    return tuple(entries)


def _parse_entry(data: bytes, at: int) -> tuple[TreeEntry, int]:
    space = data.find(b" ", at, at + len(Mode.FILE) + 1)
    zero = data.find(b"\0", space + 1, space + 2 + MAX_NAME)
    if space < 0 or zero < 0 or zero + 21 > len(data):
        raise Invalid(f"the tree is cut off or malformed at byte {at}")
    try:
        mode = Mode(data[at:space].decode())
        name = data[space + 1 : zero].decode()
    except ValueError:
        raise Invalid(f"the tree has an unknown mode or a name that is not UTF-8 at byte {at}") from None
    return TreeEntry(mode, name, GitOid(data[zero + 1 : zero + 21].hex())), zero + 21


def _refuse_duplicates(entries: Iterable[TreeEntry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.name in seen:
            raise Invalid(f"the name stands twice in one folder: {entry.name[:80]!r}")
        seen.add(entry.name)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made a commit, and when (UTC seconds since 1970); what git cannot write is cleaned away."""

    name: str
    email: str
    date: int

    def __post_init__(self) -> None:
        if not 0 <= self.date <= MAX_DATE:
            raise Invalid(f"not a date for a commit: {self.date}")
        object.__setattr__(self, "name", _clean_identity(self.name, " ") or "unknown")
        object.__setattr__(self, "email", _clean_identity(self.email, ""))

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {self.date} +0000"


def _clean_identity(text: str, gap: str) -> str:
    cleaned = _IDENTITY_CRUD.sub(gap, _unicode(text[: 4 * MAX_IDENTITY])).strip()
    return cleaned[:MAX_IDENTITY].strip()


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class CommitObject:
    """A commit whose author is its committer; control characters in the message are cleaned away."""

    tree: GitOid
    parents: tuple[GitOid, ...]
    author: Signature
    message: str

    def __post_init__(self) -> None:
        message = _MESSAGE_CRUD.sub("", _unicode(self.message))
        if len(message) > MAX_MESSAGE:
            raise TooLarge(f"the commit message is longer than {MAX_MESSAGE} characters")
        object.__setattr__(self, "message", message)

    def encode(self) -> bytes:
        """The bytes of the commit object."""
        parents = "".join(f"parent {parent}\n" for parent in self.parents)
        who = f"author {self.author}\ncommitter {self.author}\n"
        return f"tree {self.tree}\n{parents}{who}\n{self.message}".encode()

    @property
    def oid(self) -> GitOid:
        """The commit's id."""
        return object_oid("commit", self.encode())

    @classmethod
    def parse(cls, data: bytes) -> "CommitObject":
        """The commit that the bytes are. Raises `Invalid` for all that `encode` would not write."""
        match = _COMMIT.match(data)
        if match is None:
            raise Invalid("not a commit object of the form that this registry writes")
        parents = tuple(GitOid(line[7:].decode()) for line in match[2].splitlines())
        try:
            author = Signature(match[3].decode(), match[4].decode(), int(match[5]))
            commit = cls(GitOid(match[1].decode()), parents, author, data[match.end() :].decode())
        except UnicodeDecodeError:
            raise Invalid("the commit object is not UTF-8") from None
        if commit.encode() != data:
            raise Invalid("not a commit object of the form that this registry writes")
        return commit
