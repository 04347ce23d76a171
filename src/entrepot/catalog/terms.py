"""Files that came by Xet: blobs that are lists of chunk ranges in xorbs."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from entrepot.catalog import blobs as catalog_blobs
from entrepot.catalog import xorbs as catalog_xorbs
from entrepot.catalog.tables import blobs, terms, xorbs
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.xet.merkle import XetHash


@dataclass(frozen=True, slots=True)
class TermRow:
    """A range of a xorb's chunks (`end` excluded) that is a blob's bytes from `offset` on, `length` of them."""

    offset: int
    length: int
    xorb_id: int
    xorb: XetHash
    digest: Digest
    """The blob that has the xorb's bytes."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NewTerm:
    """A term of a file that is about to get a name."""

    xorb_id: int
    start: int
    end: int
    length: int


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file whose terms were verified, and whose content was read once to know its digest."""

    digest: Digest
    size: int
    xet: XetHash
    terms: tuple[NewTerm, ...]
    first_chunk: XetHash | None
    plain_id: int | None = None
    """The row of a plain blob with that digest whose bytes were seen in the store; it stays plain."""


def between(connection: Connection, blob_id: int, start: int, end: int) -> list[TermRow]:
    """The terms that hold a blob's bytes from `start` up to and not including `end`, in order."""
    query = (
        select(terms, xorbs.c.hash, blobs.c.digest)
        .join(xorbs, xorbs.c.id == terms.c.xorb_id)
        .join(blobs, blobs.c.id == xorbs.c.blob_id)
        .where(terms.c.blob_id == blob_id, terms.c.offset < end, terms.c.offset + terms.c.length > start)
        .order_by(terms.c.position)
    )
    return [
        TermRow(
            row.offset,
            row.length,
            row.xorb_id,
            XetHash.parse(row.hash),
            Digest(row.digest),
            row.chunk_start,
            row.chunk_end,
        )
        for row in connection.execute(query)
    ]


def in_xorb(connection: Connection, blob_id: int, xorb: XetHash) -> list[tuple[int, int]]:
    """The ranges of the xorb's chunks that the blob consists of, in order; none where it does not use the xorb."""
    query = (
        select(terms.c.chunk_start, terms.c.chunk_end)
        .join(xorbs, xorbs.c.id == terms.c.xorb_id)
        .where(terms.c.blob_id == blob_id, xorbs.c.hash == xorb.text)
        .order_by(terms.c.chunk_start)
    )
    return [(row.chunk_start, row.chunk_end) for row in connection.execute(query)]


def record(connection: Connection, repository_id: int, new: Iterable[NewFile]) -> list[Blob]:
    """The blobs of files that were sent to a repository, which may be committed there from now on.

    Raises `NotReady` where chunks or bytes were collected meanwhile.
    """
    kept: list[Blob] = []
    for file in new:
        blob = _name(connection, file)
        catalog_blobs.record_upload(connection, repository_id, blob.id)
        if file.first_chunk is not None and file.terms:
            catalog_xorbs.add_chunk(connection, file.first_chunk, file.terms[0].xorb_id)
        kept.append(blob)
    return kept


def _name(connection: Connection, file: NewFile) -> Blob:
    # Touched first: from here on until the end of the transaction the collector can't take the chunks away.
    catalog_xorbs.touch(connection, [term.xorb_id for term in file.terms])
    blob = catalog_blobs.announce(connection, file.digest, file.size)
    stays_plain = not blob.chunked and blob.id == file.plain_id
    if not stays_plain and not blob.chunked:
        _write(connection, blob.id, file.terms)
    # The first hash stays: another way to cut the same bytes would have another, and clients hold on to what they know.
    values = {"xet": blob.xet or file.xet.text, "chunked": not stays_plain, "size": file.size}
    row = connection.execute(update(blobs).where(blobs.c.id == blob.id).values(**values).returning(blobs)).one()
    return Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked)


def _write(connection: Connection, blob_id: int, new: tuple[NewTerm, ...]) -> None:
    connection.execute(delete(terms).where(terms.c.blob_id == blob_id))
    rows, offset = [], 0
    for position, term in enumerate(new):
        rows.append(
            {
                "blob_id": blob_id,
                "position": position,
                "offset": offset,
                "xorb_id": term.xorb_id,
                "chunk_start": term.start,
                "chunk_end": term.end,
                "length": term.length,
            }
        )
        offset += term.length
    if rows:
        connection.execute(insert(terms), rows)
