"""Looking for anything: packages by a part of their name, by what they contain, by commit or tag."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select, union

from entrepot.catalog.findings import Sight, visible
from entrepot.catalog.packages import every_package, package_of
from entrepot.catalog.tables import blobs, files, package_tags, packages, revisions, upstream_files
from entrepot.domain.content import Package

MAX_WORDS = 8
MAX_NAMED = 20_000
"""Of more packages with a word in their names not all are put in order."""
MAX_COMMITS = 1000
"""Copies of a package have its commits; of more than so many some are left out."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A package, the row of the repository that holds it, and what in it fits: a digest or a commit."""

    package: Package
    repository_id: int
    what: str = ""


def named(connection: Connection, sight: Sight, text: str, limit: int) -> list[Hit]:
    """Packages with all words in their names, the most downloaded first."""
    # First by what stands in an index alone: rows of packages are wide, and most of them do not fit.
    fitting = select(packages.c.id).where(packages.c.repository_id.in_(sight.every))
    for word in text.lower().split()[:MAX_WORDS]:
        fitting = fitting.where(packages.c.folded.contains(word, autoescape=True))
    some = fitting.limit(MAX_NAMED).cte("fitting").prefix_with("MATERIALIZED")
    query = _seen(sight).join(some, some.c.id == packages.c.id)
    return _hits(connection, query.order_by(packages.c.downloads.desc(), packages.c.id).limit(limit))


def tagged(connection: Connection, sight: Sight, tag: str, limit: int) -> list[Hit]:
    """Packages with that tag, such as `license:mit`."""
    having = select(package_tags.c.package_id).where(package_tags.c.tag == tag)
    query = _seen(sight).where(packages.c.id.in_(having))
    return _hits(connection, query.order_by(packages.c.downloads.desc(), packages.c.id).limit(limit))


def containing(connection: Connection, sight: Sight, digest: str, limit: int) -> list[Hit]:
    """Packages with a file whose SHA-256 begins so."""
    fitting = (
        select(blobs.c.id, blobs.c.digest)
        .where(*_begins(blobs.c.digest, digest))
        .limit(limit)
        .cte("fitting")
        .prefix_with("MATERIALIZED")
    )
    parts = [
        select(table.c.package_id, fitting.c.digest).join(fitting, fitting.c.id == table.c.blob_id)
        for table in (files, upstream_files)
    ]
    held = union(*parts).cte("held").prefix_with("MATERIALIZED")
    query = _seen(sight).join(held, held.c.package_id == packages.c.id).add_columns(held.c.digest.label("what"))
    return _hits(connection, query.order_by(packages.c.id).limit(limit))


def with_commit(connection: Connection, sight: Sight, commit: str, limit: int) -> list[Hit]:
    """Packages with a commit that begins so."""
    fitting = (
        select(revisions.c.package_id, revisions.c.commit_id)
        .where(*_begins(revisions.c.commit_id, commit))
        .limit(MAX_COMMITS)
        .cte("fitting")
        .prefix_with("MATERIALIZED")
    )
    query = _seen(sight).join(fitting, fitting.c.package_id == packages.c.id)
    return _hits(connection, query.add_columns(fitting.c.commit_id.label("what")).order_by(packages.c.id).limit(limit))


def _begins(column: Any, text: str) -> tuple[Any, Any]:
    # A range, since every database uses its index for that; nothing hexadecimal sorts behind "g".
    return column >= text, column < f"{text}g"


def _seen(sight: Sight) -> Select[Any]:
    return every_package().where(visible(sight))


def _hits(connection: Connection, query: Select[Any]) -> list[Hit]:
    return [Hit(package_of(row), row.repository_id, getattr(row, "what", "")) for row in connection.execute(query)]
