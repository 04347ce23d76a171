"""What upstreams said: answers, the files of their commits, and which of those are stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from entrepot.catalog import blobs as blob_rows
from entrepot.catalog import packages as package_rows
from entrepot.catalog.moments import now
from entrepot.catalog.tables import blobs, moves, packages, repositories, upstream_answers, upstream_files
from entrepot.domain.content import Blob, File, Json, Package
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.names import FilePath, Locator, PackageName, PackageType, RepositoryKey

FOUND, MISSING = 200, 404
"""What an answer was: there is such a thing, or there is not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What upstream said to a question, and when: a status as in HTTP, and the answer in our own words."""

    status: int
    content: Json
    at: datetime


@dataclass(frozen=True, slots=True)
class Cached:
    """A file that came from an upstream, where it stands, and the blob with its bytes."""

    where: Locator
    blob: Blob


def cached(
    connection: Connection, digest: Digest, repository_ids: Sequence[int], public_ids: Sequence[int], limit: int
) -> list[Cached]:
    """Some of the files with these bytes that came from upstreams to packages of these repositories.

    Of the public ones only packages count that are not private.
    """
    place = (upstream_files.c.commit_id, upstream_files.c.path, repositories.c.key)
    query = (
        select(blobs, *place, packages.c.type, packages.c.namespace, packages.c.name)
        .select_from(upstream_files)
        .join(packages, packages.c.id == upstream_files.c.package_id)
        .join(repositories, repositories.c.id == packages.c.repository_id)
        .join(blobs, blobs.c.id == upstream_files.c.blob_id)
        .where(blobs.c.digest == digest.hex, blobs.c.condemned_at.is_(None))
        .where(blob_rows.readable(repository_ids, public_ids))
        .limit(limit)
    )
    return [
        Cached(
            Locator(
                RepositoryKey(row.key),
                PackageName(PackageType(row.type), row.namespace, row.name),
                row.commit_id,
                FilePath(row.path),
            ),
            Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked),
        )
        for row in connection.execute(query)
    ]


def find_answer(connection: Connection, repository_id: int, question: str) -> Answer | None:
    """The answer that is remembered; how old it may be is the asker's business."""
    row = connection.execute(select(upstream_answers).where(*_asked(repository_id, question))).one_or_none()
    return None if row is None else Answer(row.status, row.answer, row.fetched_at)


def keep_answer(connection: Connection, repository_id: int, question: str, status: int, content: Json) -> None:
    """Remember an answer, in place of the one before."""
    values = {"status": status, "answer": content, "fetched_at": now()}
    if connection.execute(update(upstream_answers).where(*_asked(repository_id, question)).values(**values)).rowcount:
        return
    connection.execute(insert(upstream_answers).values(repository_id=repository_id, question=question, **values))


def forget_missing(connection: Connection, before: datetime) -> int:
    """Forget which names upstream did not have before then; how many there were.

    Anybody may make up names, and each that was asked for is remembered. What upstream had stays: it may go away.
    """
    old = upstream_answers.c.fetched_at < before
    return connection.execute(delete(upstream_answers).where(old, upstream_answers.c.status == MISSING)).rowcount


def _asked(repository_id: int, question: str) -> tuple[ColumnElement[bool], ...]:
    return (upstream_answers.c.repository_id == repository_id, upstream_answers.c.question == question)


def remember_package(
    connection: Connection, repository_id: int, asked: PackageName, seen: Package, *, refresh: bool
) -> Package:
    """The row of a package as upstream describes it; the name that it was asked for by leads there too.

    A package that is known is described anew only to `refresh` it: old commits have old cards.
    """
    row = package_rows.find_or_create(connection, repository_id, seen.name)
    if asked.folded != seen.name.folded:
        _lead_from(connection, repository_id, asked, row.id)
    if row.facts and not refresh:
        return row
    values = {
        "namespace": seen.name.namespace,
        "name": seen.name.name,
        "private": seen.private,
        "gated": seen.gated,
        "downloads": seen.downloads,
        "likes": seen.likes,
        "created_at": seen.created_at,
        "updated_at": seen.updated_at,
    }
    connection.execute(update(packages).where(packages.c.id == row.id).values(**values))
    if row.facts != seen.facts:
        package_rows.describe(connection, row.id, "", seen.facts)
    return package_rows.by_id(connection, row.id)


def _lead_from(connection: Connection, repository_id: int, old: PackageName, package_id: int) -> None:
    here = (moves.c.repository_id == repository_id, moves.c.type == old.type.value, moves.c.folded == old.folded)
    if connection.execute(update(moves).where(*here).values(package_id=package_id)).rowcount == 0:
        values = {"repository_id": repository_id, "type": old.type.value, "folded": old.folded}
        connection.execute(insert(moves).values(**values, package_id=package_id))


def find_file(connection: Connection, package_id: int, commit: GitOid, path: FilePath) -> File | None:
    """A file of a commit as it is remembered, with its blob once it is stored."""
    row = connection.execute(
        select(upstream_files, blobs.c.digest, blobs.c.xet, blobs.c.chunked)
        .join(blobs, blobs.c.id == upstream_files.c.blob_id, isouter=True)
        .where(*_file(package_id, commit, path))
    ).one_or_none()
    if row is None:
        return None
    blob = Blob(row.blob_id, Digest(row.digest), row.size, row.xet, row.chunked) if row.blob_id else None
    return File(path, row.size, GitOid(row.oid), Digest(row.lfs) if row.lfs else None, blob)


def remember_file(connection: Connection, package_id: int, commit: GitOid, file: File) -> None:
    """Remember what upstream said of a file of a commit; a blob that it already has stays."""
    if find_file(connection, package_id, commit, file.path) is None:
        connection.execute(insert(upstream_files).values(**_values(package_id, commit, file)))


def point(connection: Connection, package_id: int, commit: GitOid, file: File, blob_id: int) -> Blob:
    """Let a file of a commit be a blob; the blob. Raises `NotReady` where it has been collected meanwhile."""
    blob = blob_rows.touch(connection, blob_id)
    remember_file(connection, package_id, commit, file)
    here = _file(package_id, commit, file.path)
    connection.execute(update(upstream_files).where(*here).values(blob_id=blob.id))
    return blob


def _file(package_id: int, commit: GitOid, path: FilePath) -> tuple[ColumnElement[bool], ...]:
    return (
        upstream_files.c.package_id == package_id,
        upstream_files.c.commit_id == commit.hex,
        upstream_files.c.path == path.text,
    )


def _values(package_id: int, commit: GitOid, file: File) -> dict[str, object]:
    return {
        "package_id": package_id,
        "commit_id": commit.hex,
        "path": file.path.text,
        "size": file.size,
        "oid": file.oid.hex,
        "lfs": file.lfs.hex if file.lfs else None,
    }


def stored_at(connection: Connection, package_id: int, commit: GitOid) -> dict[str, Blob]:
    """The blobs of those files of a commit that are stored, by path."""
    rows = connection.execute(
        select(upstream_files.c.path, blobs)
        .join(blobs, blobs.c.id == upstream_files.c.blob_id)
        .where(upstream_files.c.package_id == package_id, upstream_files.c.commit_id == commit.hex)
    )
    return {row.path: Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked) for row in rows}


def find_blob(connection: Connection, repository_id: int, file: File) -> Blob | None:
    """The blob of a file that this very repository has already, under any commit and path; None where it has not.

    A large file is found by the digest that upstream promises. A regular one only by what this upstream sent before
    under the same id: SHA-1 alone is no proof between upstreams.
    """
    if file.lfs is not None:
        is_it = (blobs.c.digest == file.lfs.hex, blobs.c.size == file.size)
    else:
        is_it = (upstream_files.c.oid == file.oid.hex, upstream_files.c.lfs.is_(None))
    row = connection.execute(
        select(blobs)
        .join(upstream_files, upstream_files.c.blob_id == blobs.c.id)
        .join(packages, packages.c.id == upstream_files.c.package_id)
        .where(
            *is_it,
            upstream_files.c.size == file.size,
            packages.c.repository_id == repository_id,
            blobs.c.condemned_at.is_(None),
        )
        .limit(1)
    ).one_or_none()
    return None if row is None else _blob(row)


def _blob(row: Row[tuple[object, ...]]) -> Blob:
    return Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked)


def names_in(connection: Connection, repository_ids: Iterable[int], names: Iterable[PackageName]) -> set[str]:
    """Which of the names, folded, are taken in one of the repositories; all of one type."""
    wanted = list(names)
    if not wanted:
        return set()
    kind = wanted[0].type.value
    taken: set[str] = set()
    for table in (packages, moves):
        query = select(table.c.folded).where(
            table.c.repository_id.in_(list(repository_ids)),
            table.c.type == kind,
            table.c.folded.in_({name.folded for name in wanted}),
        )
        taken.update(connection.execute(query).scalars())
    return taken
