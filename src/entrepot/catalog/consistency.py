"""What does not fit together in the catalog: names that point to nothing. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, exists, select

from entrepot.catalog.garbage import NAMED
from entrepot.catalog.tables import blobs, files, packages, refs, revisions, terms, trees, xorbs
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Corrupt, Invalid
from entrepot.domain.git import CommitObject, Mode, object_oid, parse_tree, tree_oid
from entrepot.xet.xorb import XorbIndex

PAGE = 1000
"""How many blobs are looked at in one transaction."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of blobs, and what it promises."""

    blob: Blob
    named: bool
    seen_at: datetime
    condemned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something of a package that does not fit: what it is, and why."""

    what: str
    why: str


def blob_page(connection: Connection, after: int) -> list[Standing]:
    """The next rows of blobs by id, at most `PAGE`."""
    query = select(blobs, NAMED.label("named")).where(blobs.c.id > after).order_by(blobs.c.id).limit(PAGE)
    return [
        Standing(
            Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked), row.named, row.seen_at, row.condemned_at
        )
        for row in connection.execute(query)
    ]


def broken_terms(connection: Connection, blob: Blob) -> str:
    """Why the terms of a chunked blob can't be right; empty where they can."""
    rows = connection.execute(select(terms).where(terms.c.blob_id == blob.id).order_by(terms.c.position)).all()
    end = 0
    for position, row in enumerate(rows):
        if row.position != position or row.offset != end:
            return f"there is a gap before byte {row.offset}"
        end += row.length
    if end != blob.size:
        return f"its terms have {end} bytes, and it should have {blob.size}"
    by_xorb = sorted(rows, key=lambda row: row.xorb_id)
    for xorb_id, group in groupby(by_xorb, lambda row: row.xorb_id):
        if problem := _outside(connection, xorb_id, [(row.chunk_start, row.chunk_end, row.length) for row in group]):
            return problem
    return ""


def _outside(connection: Connection, xorb_id: int, ranges: list[tuple[int, int, int]]) -> str:
    """Why the xorb can't have these ranges of chunks, each with its length in bytes."""
    stored = connection.execute(select(xorbs.c.chunks).where(xorbs.c.id == xorb_id)).scalar_one()
    try:
        index = XorbIndex.from_bytes(bytes(stored))
        for start, end, length in ranges:
            if sum(index.sizes_of(start, end)) != length:
                return f"the chunks {start} to {end} of the xorb {index.hash} do not have {length} bytes"
    except (Invalid, Corrupt) as error:
        return error.message
    return ""


def package_ids(connection: Connection) -> list[tuple[int, str]]:
    """Every package: its id, and what to call it."""
    query = select(packages.c.id, packages.c.type, packages.c.folded).order_by(packages.c.id)
    return [(row.id, f"the {row.type} {row.folded}") for row in connection.execute(query)]


def wrong_in_package(connection: Connection, package_id: int) -> list[Wrong]:
    """Refs, commits, trees and files of a package that point to nothing, or are not what their id says."""
    return [
        *_wrong_refs(connection, package_id),
        *_wrong_revisions(connection, package_id),
        *_wrong_trees(connection, package_id),
    ]


def _wrong_refs(connection: Connection, package_id: int) -> Iterator[Wrong]:
    there = exists().where(revisions.c.package_id == package_id, revisions.c.commit_id == refs.c.commit_id)
    for row in connection.execute(select(refs).where(refs.c.package_id == package_id, ~there)):
        yield Wrong(row.name, f"points to the commit {row.commit_id}, which is not there")


def _wrong_revisions(connection: Connection, package_id: int) -> Iterator[Wrong]:
    rows = connection.execute(select(revisions).where(revisions.c.package_id == package_id)).all()
    known = {row.commit_id for row in rows}
    stored = set(connection.execute(select(trees.c.oid).where(trees.c.package_id == package_id)).scalars())
    stored.add(tree_oid(b"").hex)
    for row in rows:
        what = f"commit {row.commit_id}"
        try:
            commit = CommitObject.parse(bytes(row.data))
        except Invalid as error:
            yield Wrong(what, error.message)
            continue
        if commit.oid.hex != row.commit_id:
            yield Wrong(what, f"has the id {commit.oid}")
        if commit.tree.hex != row.tree or row.tree not in stored:
            yield Wrong(what, f"has the tree {row.tree}, which is not there")
        for parent in commit.parents:
            if parent.hex not in known:
                yield Wrong(what, f"has the parent {parent}, which is not there")


def _wrong_trees(connection: Connection, package_id: int) -> Iterator[Wrong]:
    stored = set(connection.execute(select(trees.c.oid).where(trees.c.package_id == package_id)).scalars())
    named = set(connection.execute(select(files.c.oid).where(files.c.package_id == package_id)).scalars())
    for row in connection.execute(select(trees).where(trees.c.package_id == package_id)):
        what = f"tree {row.oid}"
        try:
            entries = parse_tree(bytes(row.data))
        except Invalid as error:
            yield Wrong(what, error.message)
            continue
        if object_oid("tree", bytes(row.data)).hex != row.oid:
            yield Wrong(what, "does not hash to its id")
        for entry in entries:
            if entry.oid.hex not in (stored if entry.mode is Mode.FOLDER else named):
                yield Wrong(what, f"names {entry.name!r} as {entry.oid}, which is not there")
