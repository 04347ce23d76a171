"""Xorbs in the catalog: kept once, known to the repositories they were sent to, dropped when no file uses them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, insert, or_, select, update

from entrepot.catalog import blobs as catalog_blobs
from entrepot.catalog.moments import now
from entrepot.catalog.tables import blobs, dedup_chunks, files, packages, terms, uploads, upstream_files, xorbs
from entrepot.catalog.tables import xorb_uploads as sent
from entrepot.domain.digest import Digest
from entrepot.domain.errors import NotReady
from entrepot.xet.merkle import XetHash

T = TypeVar("T")

IN_LIST = 500
"""How many values one query compares with; both databases take more, none is faster with more."""
FILES_BESIDE = 4
"""Of how many files that share a xorb the others are looked at."""
_IN_A_FILE = exists(select(terms.c.blob_id).where(terms.c.xorb_id == xorbs.c.id))


@dataclass(frozen=True, slots=True)
class XorbRow:
    """A xorb that is kept: the row that terms point to, and the blob that has its bytes."""

    id: int
    hash: XetHash
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class NewXorb:
    """A xorb that was verified and whose bytes are stored as that blob."""

    hash: XetHash
    blob_id: int
    chunks: bytes
    """Its `XorbIndex`, as bytes."""
    unpacked: int
    eligible: tuple[XetHash, ...] = ()
    """The chunks that clients ask the server about."""


def find(connection: Connection, xorb: XetHash) -> XorbRow | None:
    """The xorb, whoever sent it."""
    row = connection.execute(_every().where(xorbs.c.hash == xorb.text)).one_or_none()
    return None if row is None else _row(row)


def is_sent(connection: Connection, repository_id: int, xorb: XetHash) -> XorbRow | None:
    """The xorb, seen just now, where it was sent to that repository; None otherwise."""
    query = _every().where(xorbs.c.hash == xorb.text, _sent_to(repository_id))
    row = connection.execute(query).one_or_none()
    if row is not None:
        touch(connection, [row.id])
    return None if row is None else _row(row)


def keep(connection: Connection, repository_id: int, new: NewXorb) -> bool:
    """Note that the repository was sent the xorb; whether that is news. One that is there already stays as it is.

    Raises `NotReady` where its bytes were collected meanwhile.
    """
    known = find(connection, new.hash)
    xorb_id = known.id if known else _insert(connection, new)
    touch(connection, [xorb_id])
    _add_chunks(connection, xorb_id, new.eligible)
    where = (sent.c.repository_id == repository_id, sent.c.xorb_id == xorb_id)
    if connection.execute(select(sent.c.xorb_id).where(*where)).first() is not None:
        return False
    connection.execute(insert(sent).values(repository_id=repository_id, xorb_id=xorb_id))
    return True


def _insert(connection: Connection, new: NewXorb) -> int:
    catalog_blobs.touch(connection, new.blob_id)
    values = {"hash": new.hash.text, "blob_id": new.blob_id, "chunks": new.chunks, "unpacked": new.unpacked}
    added = connection.execute(insert(xorbs).values(**values, seen_at=now()).returning(xorbs.c.id))
    return int(added.scalar_one())


def replace_bytes(connection: Connection, new: NewXorb) -> None:
    """Let a xorb whose bytes were lost have those of another blob; they may be packed another way."""
    catalog_blobs.touch(connection, new.blob_id)
    connection.execute(
        update(xorbs).where(xorbs.c.hash == new.hash.text).values(blob_id=new.blob_id, chunks=new.chunks, seen_at=now())
    )


def touch(connection: Connection, xorb_ids: Sequence[int]) -> None:
    """Keep the xorbs from the collector until this transaction ends; raises `NotReady` where one is gone."""
    for part in _parts(sorted(set(xorb_ids))):
        done = connection.execute(update(xorbs).where(xorbs.c.id.in_(part)).values(seen_at=now()))
        if done.rowcount != len(part):
            raise NotReady("chunks that were sent have been collected meanwhile; send them again", after=2)


def add_chunk(connection: Connection, chunk: XetHash, xorb_id: int) -> None:
    """Let clients that ask about the chunk be told of the xorb."""
    _add_chunks(connection, xorb_id, (chunk,))


def _add_chunks(connection: Connection, xorb_id: int, chunks: Iterable[XetHash]) -> None:
    for part in _parts(sorted({chunk.text for chunk in chunks})):
        query = select(dedup_chunks.c.chunk).where(dedup_chunks.c.xorb_id == xorb_id, dedup_chunks.c.chunk.in_(part))
        known = set(connection.execute(query).scalars())
        rows = [{"chunk": chunk, "xorb_id": xorb_id} for chunk in part if chunk not in known]
        if rows:
            connection.execute(insert(dedup_chunks), rows)


def usable(
    connection: Connection, wanted: Iterable[XetHash], repository_id: int, readable: list[int]
) -> dict[XetHash, XorbRow]:
    """Those of the xorbs that were sent to the repository, or that a blob in a readable one consists of.

    Without this question anybody who knows a xorb's hash could have its bytes.
    """
    allowed = _usable(repository_id, readable)
    found: dict[XetHash, XorbRow] = {}
    for part in _parts([xorb.text for xorb in wanted]):
        rows = connection.execute(_every().where(xorbs.c.hash.in_(part), allowed))
        found.update((row.hash, row) for row in map(_row, rows))
    return found


def with_chunk(
    connection: Connection, chunk: XetHash, repository_id: int, readable: list[int], limit: int
) -> list[XorbRow]:
    """Usable xorbs that have the chunk and that clients may be told of, the newest first."""
    query = (
        _every()
        .join(dedup_chunks, dedup_chunks.c.xorb_id == xorbs.c.id)
        .where(dedup_chunks.c.chunk == chunk.text, _usable(repository_id, readable))
    )
    return [_row(row) for row in connection.execute(query.order_by(xorbs.c.id.desc()).limit(limit))]


def beside(
    connection: Connection, xorb_ids: Sequence[int], repository_id: int, readable: list[int], limit: int
) -> list[XorbRow]:
    """Usable xorbs of the newest files that these are part of, the newest first, without these themselves.

    Whoever has one chunk of a file most likely has more of it: a checkpoint of it, or the same file once more.
    """
    containing = select(terms.c.blob_id).where(terms.c.xorb_id.in_(xorb_ids)).distinct()
    newest = containing.order_by(terms.c.blob_id.desc()).limit(FILES_BESIDE)
    others = select(terms.c.xorb_id).where(terms.c.blob_id.in_(newest), terms.c.xorb_id.not_in(xorb_ids))
    query = _every().where(xorbs.c.id.in_(others), _usable(repository_id, readable))
    return [_row(row) for row in connection.execute(query.order_by(xorbs.c.id.desc()).limit(limit))]


def chunks_of(connection: Connection, xorb_ids: Iterable[int]) -> dict[int, bytes]:
    """The stored `XorbIndex` of each xorb."""
    found: dict[int, bytes] = {}
    for part in _parts(sorted(set(xorb_ids))):
        rows = connection.execute(select(xorbs.c.id, xorbs.c.chunks).where(xorbs.c.id.in_(part)))
        found.update((row.id, bytes(row.chunks)) for row in rows)
    return found


def unused(connection: Connection, before: datetime) -> list[int]:
    """Xorbs that no file uses and that nobody sent or referred to since then: the collector's.

    They are locked until this transaction ends, so that whoever is about to use one finds it or finds it gone.
    """
    query = select(xorbs.c.id).where(xorbs.c.seen_at < before, ~_IN_A_FILE).order_by(xorbs.c.id)
    return list(connection.execute(query.with_for_update(skip_locked=True)).scalars())


def drop(connection: Connection, xorb_ids: Sequence[int]) -> int:
    """Forget those of the xorbs that still no file uses; how many. Their blobs are nobody's from then on."""
    # Looked at again: the statement that found them may not have seen a file that was being named meanwhile.
    return sum(
        connection.execute(delete(xorbs).where(xorbs.c.id.in_(part), ~_IN_A_FILE)).rowcount for part in _parts(xorb_ids)
    )


def _sent_to(repository_id: int) -> ColumnElement[bool]:
    return exists(select(sent.c.xorb_id).where(sent.c.repository_id == repository_id, sent.c.xorb_id == xorbs.c.id))


def _usable(repository_id: int, readable: list[int]) -> ColumnElement[bool]:
    of_blob = terms.c.xorb_id == xorbs.c.id
    named = (
        select(terms.c.blob_id)
        .join(files, files.c.blob_id == terms.c.blob_id)
        .join(packages, packages.c.id == files.c.package_id)
        .where(of_blob, packages.c.repository_id.in_(readable))
    )
    cached = (
        select(terms.c.blob_id)
        .join(upstream_files, upstream_files.c.blob_id == terms.c.blob_id)
        .join(packages, packages.c.id == upstream_files.c.package_id)
        .where(of_blob, packages.c.repository_id.in_(readable))
    )
    uploaded = (
        select(terms.c.blob_id)
        .join(uploads, uploads.c.blob_id == terms.c.blob_id)
        .where(of_blob, uploads.c.repository_id == repository_id)
    )
    return or_(_sent_to(repository_id), exists(named), exists(cached), exists(uploaded))


def _every() -> Select[Any]:
    query = select(xorbs.c.id, xorbs.c.hash, blobs.c.digest, blobs.c.size)
    return query.join(blobs, blobs.c.id == xorbs.c.blob_id)


def _row(row: Row[tuple[object, ...]]) -> XorbRow:
    return XorbRow(row.id, XetHash.parse(row.hash), Digest(row.digest), row.size)


def _parts(values: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while part := list(islice(rest, IN_LIST)):
        yield part
