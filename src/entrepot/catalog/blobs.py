"""Blobs in the catalog: announce, then store the bytes, then name. See ARCHITECTURE.md for why in this order."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, insert, select, update

from entrepot.catalog.moments import now
from entrepot.catalog.tables import blobs, files, packages, repositories, uploads, upstream_files
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.domain.errors import NotReady
from entrepot.domain.names import PackageName, PackageType, RepositoryKey


def announce(connection: Connection, digest: Digest, size: int) -> Blob:
    """The row for bytes that are about to be stored, seen just now. Raises `NotReady` for a condemned blob."""
    known = select(blobs.c.condemned_at).where(blobs.c.digest == digest.hex)
    # A second look: a rival may have announced the same bytes between our two questions.
    for _ in range(2):
        row = _see(connection, digest)
        if row is not None:
            return _blob(row)
        found = connection.execute(known).one_or_none()
        if found is None:
            break
        if found.condemned_at is not None:
            raise NotReady(f"the blob {digest} is being removed at this moment; send it again", after=2)
    added = connection.execute(
        insert(blobs).values(digest=digest.hex, size=size, seen_at=now(), chunked=False).returning(blobs)
    ).one()
    return _blob(added)


def _see(connection: Connection, digest: Digest) -> Row[tuple[object, ...]] | None:
    return connection.execute(
        update(blobs)
        .where(blobs.c.digest == digest.hex, blobs.c.condemned_at.is_(None))
        .values(seen_at=now())
        .returning(blobs)
    ).one_or_none()


def touch(connection: Connection, blob_id: int) -> Blob:
    """The blob, kept from the collector until this transaction ends; every transaction that names one starts so.

    Raises `NotReady` where the collector was faster: the bytes have to be sent again.
    """
    row = connection.execute(
        update(blobs)
        .where(blobs.c.id == blob_id, blobs.c.condemned_at.is_(None))
        .values(seen_at=now())
        .returning(blobs)
    ).one_or_none()
    if row is None:
        raise NotReady("bytes that were sent have been collected meanwhile; send them again", after=2)
    return _blob(row)


def find(connection: Connection, digest: Digest) -> Blob | None:
    """The blob of that digest, unless it is condemned. That it has a row does not yet mean that it has bytes."""
    row = connection.execute(
        select(blobs).where(blobs.c.digest == digest.hex, blobs.c.condemned_at.is_(None))
    ).one_or_none()
    return None if row is None else _blob(row)


def by_ids(connection: Connection, numbers: Sequence[int]) -> dict[int, Blob]:
    """The blobs of those rows, by row id."""
    found: dict[int, Blob] = {}
    for start in range(0, len(numbers), 500):
        rows = connection.execute(select(blobs).where(blobs.c.id.in_(numbers[start : start + 500])))
        found |= {row.id: _blob(row) for row in rows}
    return found


def find_by_xet(connection: Connection, xet: str) -> list[Blob]:
    """The blobs whose Xet file hash that is: one, as long as nobody breaks BLAKE3."""
    rows = connection.execute(select(blobs).where(blobs.c.xet == xet, blobs.c.condemned_at.is_(None)))
    return [_blob(row) for row in rows]


def record_upload(connection: Connection, repository_id: int, blob_id: int) -> None:
    """Note that somebody with the right to write there has sent these bytes, so that a commit may name them."""
    touch(connection, blob_id)
    where = (uploads.c.repository_id == repository_id, uploads.c.blob_id == blob_id)
    if connection.execute(update(uploads).where(*where).values(created_at=now())).rowcount == 0:
        connection.execute(insert(uploads).values(repository_id=repository_id, blob_id=blob_id, created_at=now()))


def note_named(connection: Connection, package_id: int, blob_ids: Sequence[int]) -> None:
    """Forget that the package's repository was sent the bytes, now that a commit names them.

    From now on they are the package's: who wants them for another one has to be given them there, or sends them.
    """
    of_package = select(packages.c.repository_id).where(packages.c.id == package_id).scalar_subquery()
    for start in range(0, len(blob_ids), 500):
        part = blob_ids[start : start + 500]
        connection.execute(delete(uploads).where(uploads.c.blob_id.in_(part), uploads.c.repository_id == of_package))


def unnamed(connection: Connection, digest: Digest, repository_id: int) -> Blob | None:
    """The blob, where the repository was sent it and no package of any repository has it; None otherwise."""
    sent = select(uploads.c.blob_id).where(uploads.c.repository_id == repository_id, uploads.c.blob_id == blobs.c.id)
    named = [exists().where(table.c.blob_id == blobs.c.id) for table in (files, upstream_files)]
    row = connection.execute(
        select(blobs).where(
            blobs.c.digest == digest.hex, blobs.c.condemned_at.is_(None), exists(sent), *[~one for one in named]
        )
    ).one_or_none()
    return None if row is None else _blob(row)


def readable(repository_ids: Sequence[int], public_ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether a package is of one of the repositories, or of a public one and not private."""
    return packages.c.repository_id.in_(repository_ids) | (
        packages.c.repository_id.in_(public_ids) & packages.c.private.is_(False)
    )


def reachable(connection: Connection, digest: Digest, repository_id: int) -> Blob | None:
    """The blob, where a package that was made in the repository has it, or the repository was sent it."""
    within = packages.c.repository_id == repository_id
    in_packages = select(files.c.blob_id).join(packages, packages.c.id == files.c.package_id)
    return _among(connection, digest, in_packages.where(within, files.c.blob_id == blobs.c.id), repository_id)


def at_hand(connection: Connection, digest: Digest, repository_id: int, package_id: int) -> Blob | None:
    """The blob, where the package has it, or the repository was sent it."""
    own = select(files.c.blob_id).where(files.c.package_id == package_id, files.c.blob_id == blobs.c.id)
    return _among(connection, digest, own, repository_id)


def _among(connection: Connection, digest: Digest, named: Select[tuple[int]], repository_id: int) -> Blob | None:
    sent = select(uploads.c.blob_id).where(uploads.c.repository_id == repository_id, uploads.c.blob_id == blobs.c.id)
    is_meant = (blobs.c.digest == digest.hex, blobs.c.condemned_at.is_(None), exists(named) | exists(sent))
    row = connection.execute(select(blobs).where(*is_meant)).one_or_none()
    return None if row is None else _blob(row)


@dataclass(frozen=True, slots=True)
class Held:
    """A package that was made here and has a blob."""

    repository: RepositoryKey
    package: PackageName
    blob: Blob


def held(
    connection: Connection, digest: Digest, repository_ids: Sequence[int], public_ids: Sequence[int], limit: int
) -> list[Held]:
    """Some of the packages with these bytes that were made in one of these repositories.

    Of the public ones only packages count that are not private.
    """
    query = (
        select(blobs, repositories.c.key, packages.c.type, packages.c.namespace, packages.c.name)
        .select_from(files)
        .join(packages, packages.c.id == files.c.package_id)
        .join(repositories, repositories.c.id == packages.c.repository_id)
        .join(blobs, blobs.c.id == files.c.blob_id)
        .where(blobs.c.digest == digest.hex, blobs.c.condemned_at.is_(None), readable(repository_ids, public_ids))
        .distinct()
        .limit(limit)
    )
    return [
        Held(RepositoryKey(row.key), PackageName(PackageType(row.type), row.namespace, row.name), _blob(row))
        for row in connection.execute(query)
    ]


def _blob(row: Row[tuple[object, ...]]) -> Blob:
    return Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked)
