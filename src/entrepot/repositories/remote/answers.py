"""What an upstream said, as JSON for the catalog and back. Only values that were checked before are written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from entrepot.domain.content import Author, File, Folder, Json, Package, Ref, Revision
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import FileNotFound, NotFound, PackageNotFound, RevisionNotFound
from entrepot.domain.names import FilePath, PackageName, PackageType, RefName, RepositoryKey

Said: TypeAlias = Any
"""JSON that was written by this module, and is read by it alone."""

_MISSING: dict[str, type[NotFound]] = {
    "package": PackageNotFound,
    "revision": RevisionNotFound,
    "file": FileNotFound,
}


def of_missing(error: NotFound) -> Json:
    """What is not there."""
    word = next((word for word, kind in _MISSING.items() if isinstance(error, kind)), "package")
    return {"what": word, "message": str(error), "commit": getattr(error, "commit", None)}


def missing(said: Said) -> NotFound:
    """The error that says it again."""
    kind = _MISSING[said["what"]]
    if kind is FileNotFound:
        return FileNotFound(said["message"], said["commit"])
    return kind(said["message"])


def of_entry(item: File | Folder) -> list[Json]:
    """One line of a listing: two words for a folder, four for a file."""
    if isinstance(item, Folder):
        return [item.path.text, item.oid.hex]
    return [item.path.text, item.size, item.oid.hex, item.lfs.hex if item.lfs else None]


def entry(said: Said) -> File | Folder:
    """The file or folder of a line."""
    if len(said) == 2:
        return Folder(FilePath(said[0]), GitOid(said[1]))
    path, size, oid, lfs = said
    return File(FilePath(path), size, GitOid(oid), Digest(lfs) if lfs else None)


def of_revision(revision: Revision) -> dict[str, Json]:
    """A commit, without its package."""
    return {
        "commit": revision.commit.hex,
        "date": revision.date.isoformat(),
        "title": revision.title,
        "message": revision.message,
        "authors": [[author.name, author.email] for author in revision.authors],
        "parents": [parent.hex for parent in revision.parents],
    }


def revision(package: Package, said: Said) -> Revision:
    """The commit, of that package."""
    return Revision(
        package=package,
        commit=GitOid(said["commit"]),
        date=datetime.fromisoformat(said["date"]),
        title=said["title"],
        message=said["message"],
        authors=tuple(Author(name, email) for name, email in said["authors"]),
        parents=tuple(GitOid(parent) for parent in said["parents"]),
    )


def of_refs(refs: Sequence[Ref]) -> list[Json]:
    """Every ref with its commit."""
    return [[ref.name.text, ref.commit.hex] for ref in refs]


def refs(said: Said) -> list[Ref]:
    """The refs again."""
    return [Ref(RefName(name), GitOid(commit)) for name, commit in said]


def of_package(package: Package) -> dict[str, Json]:
    """A package as a list shows it."""
    return {
        "type": package.name.type.value,
        "id": package.name.id,
        "created_at": package.created_at.isoformat(),
        "updated_at": package.updated_at.isoformat(),
        "private": package.private,
        "gated": package.gated,
        "downloads": package.downloads,
        "likes": package.likes,
        "facts": package.facts,
    }


def package(repository: RepositoryKey, said: Mapping[str, Said]) -> Package:
    """The package again, without a row."""
    return Package(
        repository=repository,
        name=PackageName.parse(PackageType(said["type"]), said["id"]),
        created_at=datetime.fromisoformat(said["created_at"]),
        updated_at=datetime.fromisoformat(said["updated_at"]),
        private=said["private"],
        gated=said["gated"],
        downloads=said["downloads"],
        likes=said["likes"],
        facts=said["facts"],
    )
