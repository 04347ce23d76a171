"""How things are named: repositories, packages, refs, paths, and the locator that joins them."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from entrepot.domain.digest import GitOid
from entrepot.domain.errors import Invalid

MAX_PATH_BYTES = 1024
"""Longer paths can't be checked out on common systems, so nobody could use them."""
MAX_SEGMENT_BYTES = 255
"""The longest file name of ext4, NTFS and APFS."""
MAX_REF_LENGTH = 255

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_SEGMENT = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,199})*")
"""Paths that can't be wrong, as nearly all are: listings have thousands, and a closer look at each costs."""
_RESERVED = frozenset({"api", "cas", "datasets", "hub", "kernels", "lfs", "models", "none", "resolve", "spaces", "v2"})
"""First path segments that mean something else in a URL; nobody may be called that."""
_REF_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


class PackageType(StrEnum):
    """What kind of package it is; `plural` is how URLs write it."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"
    KERNEL = "kernel"

    @property
    def plural(self) -> str:
        """`models`, `datasets`, …: the word in API paths."""
        return f"{self.value}s"

    @classmethod
    def from_plural(cls, word: str) -> "PackageType":
        """The type that a word of an API path stands for; raises `Invalid`."""
        for kind in cls:
            if kind.plural == word:
                return kind
        raise Invalid(f"no package type is called {word[:40]!r}; there are models, datasets, spaces and kernels")


@dataclass(frozen=True, slots=True, order=True)
class RepositoryKey:
    """The short name of a repository, as it stands in URLs: lowercase letters, digits and dashes."""

    text: str

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.text):
            raise Invalid(
                f"{self.text[:80]!r} can't be a repository's key: 1 to 64 lowercase letters, digits and dashes, "
                "beginning and ending with a letter or digit"
            )

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class PackageName:
    """`namespace/name` of one type; old canonical models have no namespace."""

    type: PackageType
    namespace: str | None
    name: str

    def __post_init__(self) -> None:
        for segment in (self.namespace, self.name):
            if segment is not None:
                _check_segment(segment)
        if self.name.lower().endswith(".git") or self.name.lower().endswith(".ipynb"):
            raise Invalid(f"the package name {self.name!r} must not end in .git or .ipynb")
        if (self.namespace or self.name).lower() in _RESERVED:
            raise Invalid(f"{(self.namespace or self.name)!r} is a reserved word and can't be a namespace")

    def __str__(self) -> str:
        return self.id

    @property
    def id(self) -> str:
        """`namespace/name`, or the name alone."""
        return self.name if self.namespace is None else f"{self.namespace}/{self.name}"

    @property
    def folded(self) -> str:
        """The id without case: two packages may not differ by case alone."""
        return self.id.lower()

    @classmethod
    def parse(cls, kind: PackageType, text: str) -> "PackageName":
        """The name that `namespace/name` spells; raises `Invalid`."""
        parts = text.split("/")
        if len(parts) > 2 or not all(parts):
            raise Invalid(f"{text[:200]!r} is not a package name: it has to be 'namespace/name'")
        return cls(kind, parts[0] if len(parts) == 2 else None, parts[-1])


def _check_segment(segment: str) -> None:
    if not _SEGMENT.fullmatch(segment) or "--" in segment or ".." in segment:
        raise Invalid(
            f"{segment[:120]!r} can't be part of a package's name: 1 to 96 of A-Z a-z 0-9 _ . -, beginning and "
            "ending with a letter, digit or underscore, without '--' and '..'"
        )


@dataclass(frozen=True, slots=True, order=True)
class FilePath:
    """A relative path inside a revision, with `/` between its segments; safe to check out anywhere."""

    text: str

    def __post_init__(self) -> None:
        if _PLAIN_PATH.fullmatch(self.text) and len(self.text) <= MAX_PATH_BYTES:
            return
        if not self.text or len(self.text.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
            raise Invalid(f"a path has 1 to {MAX_PATH_BYTES} bytes: {self.text[:80]!r}…")
        for segment in self.text.split("/"):
            _check_path_segment(segment, self.text)

    def __str__(self) -> str:
        return self.text

    @property
    def segments(self) -> tuple[str, ...]:
        """The folders, then the file's name."""
        return tuple(self.text.split("/"))

    @property
    def name(self) -> str:
        """The last segment."""
        return self.text.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path of the folder that it is in; empty at the top."""
        return self.text.rpartition("/")[0]


def _check_path_segment(segment: str, path: str) -> None:
    if segment in ("", ".", ".."):
        raise Invalid(f"the path {path[:200]!r} has an empty, '.' or '..' segment")
    if any(unicodedata.category(char) in ("Cc", "Cs") or char == "\\" for char in segment):
        raise Invalid(f"the path {path[:200]!r} has a control character, a lone surrogate or a backslash in it")
    if len(segment.encode()) > MAX_SEGMENT_BYTES:
        raise Invalid(f"a segment of the path {path[:80]!r}… is over {MAX_SEGMENT_BYTES} bytes long")
    if _reads_as_dot_git(segment):
        raise Invalid(f"the path {path[:200]!r} has a segment that some system reads as '.git'")


def _reads_as_dot_git(segment: str) -> bool:
    """Whether HFS+ or NTFS would open git's own folder under that name (CVE-2014-9390)."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", segment) if unicodedata.category(c) != "Cf")
    plain = visible.casefold().rstrip(". ").partition(":")[0]
    return plain in (".git", "git~1")


@dataclass(frozen=True, slots=True, order=True)
class RefName:
    """The full name of a ref: `refs/heads/main`, `refs/tags/v1`, `refs/pr/1`, `refs/convert/parquet`."""

    text: str

    def __post_init__(self) -> None:
        kind, _, short = self.text.removeprefix("refs/").partition("/")
        if not self.text.startswith("refs/") or kind not in ("heads", "tags", "pr", "convert"):
            raise Invalid(f"{self.text[:200]!r} is not a ref of a kind that exists here")
        if kind == "pr" and not (short.isascii() and short.isdigit()):
            raise Invalid(f"a pull request's ref ends in its number, unlike {self.text[:200]!r}")
        _check_short(short)

    def __str__(self) -> str:
        return self.text

    @property
    def short(self) -> str:
        """What people call it: `main`, `v1`; pull requests and conversions keep their full name."""
        kind, _, short = self.text.removeprefix("refs/").partition("/")
        return short if kind in ("heads", "tags") else self.text

    @property
    def kind(self) -> str:
        """`heads`, `tags`, `pr` or `convert`."""
        return self.text.split("/", 2)[1]

    @classmethod
    def branch(cls, short: str) -> "RefName":
        """The branch of that name; `refs/pr/1` and `refs/convert/…` stay what they are. Raises `Invalid` for a tag."""
        name = cls(short if short.startswith("refs/") else f"refs/heads/{short}")
        if name.kind == "tags":
            raise Invalid(f"{short[:200]!r} is a tag, and tags stay where they are")
        return name

    @classmethod
    def tag(cls, short: str) -> "RefName":
        """The tag of that name."""
        return cls(f"refs/tags/{short.removeprefix('refs/tags/')}")


def _check_short(short: str) -> None:
    parts = short.split("/")
    wrong = (
        not short
        or len(short.encode("utf-8", "surrogatepass")) > MAX_REF_LENGTH
        or _REF_FORBIDDEN.search(short) is not None
        or any(unicodedata.category(char) in ("Cc", "Cs", "Cf") for char in short)
        or any(not part or part.startswith((".", "-")) or part.endswith((".", ".lock")) for part in parts)
        or short in ("@", "HEAD")
    )
    if wrong:
        raise Invalid(f"{short[:200]!r} can't be the name of a branch or tag")
    if GitOid.looks_like(short.lower()):
        raise Invalid(f"{short!r} reads as a commit id and can't be the name of a branch or tag")


@dataclass(frozen=True, slots=True)
class Locator:
    """`repository/package@ref:path`: what a client asked for; the ref as the client wrote it."""

    repository: RepositoryKey
    package: PackageName
    ref: str
    path: FilePath

    def __str__(self) -> str:
        return f"{self.repository}/{self.package}@{self.ref}:{self.path}"
