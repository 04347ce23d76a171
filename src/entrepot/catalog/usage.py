"""How much is kept: what people see, and what it takes."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Subquery, func, select, union

from entrepot.catalog.tables import blobs, files, packages, repositories, terms, uploads, upstream_files, xorbs
from entrepot.catalog.tables import xorb_uploads as sent


@dataclass(frozen=True, slots=True)
class Kept:
    """What one repository keeps; bytes that several keep count for each of them."""

    repository: str
    packages: int
    files: int
    logical: int
    """Bytes of its packages' files: of each content once in a package, however many revisions have it."""
    unique: int
    """Bytes that the store has for it, each once."""


def of_repositories(connection: Connection) -> list[Kept]:
    """What each repository keeps, by key; a virtual one keeps nothing itself."""
    keepers = select(repositories.c.id, repositories.c.key).where(repositories.c.kind != "virtual")
    rows = connection.execute(keepers.order_by(repositories.c.key)).all()
    return [_kept(connection, row.id, row.key) for row in rows]


def unique_bytes(connection: Connection) -> int:
    """Bytes that the store has in all: plain blobs, and those with the bytes of xorbs."""
    kept = select(func.coalesce(func.sum(blobs.c.size), 0)).where(~blobs.c.chunked, blobs.c.condemned_at.is_(None))
    return int(connection.execute(kept).scalar_one())


def _kept(connection: Connection, repository_id: int, key: str) -> Kept:
    count = select(func.count()).select_from(packages).where(packages.c.repository_id == repository_id)
    held = _held(repository_id)
    logical = select(func.count(), func.coalesce(func.sum(blobs.c.size), 0)).join(held, held.c.blob_id == blobs.c.id)
    found = connection.execute(logical).one()
    stored = _stored(repository_id, held)
    unique = select(func.coalesce(func.sum(blobs.c.size), 0)).join(stored, stored.c.blob_id == blobs.c.id)
    return Kept(
        key,
        int(connection.execute(count).scalar_one()),
        int(found[0]),
        int(found[1]),
        int(connection.execute(unique.where(~blobs.c.chunked)).scalar_one()),
    )


def _held(repository_id: int) -> Subquery:
    """Each content once in a package of the repository."""
    parts = [
        select(packages.c.id.label("package_id"), table.c.blob_id)
        .join(table, table.c.package_id == packages.c.id)
        .where(packages.c.repository_id == repository_id, table.c.blob_id.is_not(None))
        for table in (files, upstream_files)
    ]
    return union(*parts).subquery()


def _stored(repository_id: int, held: Subquery) -> Subquery:
    """The blobs that the repository's files and uploads lead to, and those with the xorbs that they consist of."""
    named = union(
        select(held.c.blob_id), select(uploads.c.blob_id).where(uploads.c.repository_id == repository_id)
    ).subquery()
    parts: list[Select[Any]] = [
        select(named.c.blob_id),
        select(xorbs.c.blob_id)
        .join(terms, terms.c.xorb_id == xorbs.c.id)
        .join(named, named.c.blob_id == terms.c.blob_id),
        select(xorbs.c.blob_id).join(sent, sent.c.xorb_id == xorbs.c.id).where(sent.c.repository_id == repository_id),
    ]
    return union(*parts).subquery()
