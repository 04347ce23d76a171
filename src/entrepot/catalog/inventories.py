"""What was taken: each package and commit that let bytes out, with people and files, from the record of decisions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from entrepot.catalog.firewall_tables import decisions
from entrepot.catalog.packages import every_package, package_of
from entrepot.catalog.tables import moves, packages
from entrepot.domain.content import Package

Place = tuple[str, str, str]
"""A repository's key, a package with its type, and a commit; empty where none was written down."""
Name = tuple[int, str, str]
"""The row of a repository, and the type and folded name of a package in it."""
_PLACE = (decisions.c.repository, decisions.c.package, decisions.c.commit_id)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken of a package at a commit: how many files, how many bytes those have, and when."""

    place: Place
    files: int
    bytes: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Parts:
    """Who took something of each place, and which files by path and digest; not complete where there were too many."""

    people: Mapping[Place, Sequence[str]]
    files: Mapping[Place, Sequence[tuple[str, str]]]
    is_complete: bool


def taken(connection: Connection, since: datetime, limit: int) -> list[Taken]:
    """Every package and commit that let bytes out since then, what was taken last first."""
    each = (
        select(
            *_PLACE,
            decisions.c.path,
            func.max(decisions.c.size).label("size"),
            func.min(decisions.c.at).label("first_at"),
            func.max(decisions.c.at).label("last_at"),
        )
        .where(*_given(since))
        .group_by(*_PLACE, decisions.c.path)
        .subquery()
    )
    place, last = each.c["repository", "package", "commit_id"], func.max(each.c.last_at).label("last_at")
    rows = connection.execute(
        select(
            *place,
            func.count().label("files"),
            func.coalesce(func.sum(each.c.size), 0).label("bytes"),
            func.min(each.c.first_at).label("first_at"),
            last,
        )
        .group_by(*place)
        .order_by(last.desc(), *place)
        .limit(limit)
    )
    return [
        Taken((row.repository, row.package, row.commit_id), int(row.files), int(row.bytes), row.first_at, row.last_at)
        for row in rows
    ]


def parts_of(connection: Connection, names: Collection[str], since: datetime, limit: int) -> Parts:
    """Who took what of the packages of these names, up to that many people and as many files."""
    about = (decisions.c.package.in_(names), *_given(since))
    actors = connection.execute(
        select(*_PLACE, decisions.c.actor).where(*about).distinct().order_by(*_PLACE, decisions.c.actor).limit(limit)
    ).all()
    paths = connection.execute(
        select(*_PLACE, decisions.c.path, decisions.c.digest).where(*about).distinct().order_by(*_PLACE).limit(limit)
    ).all()
    people: dict[Place, list[str]] = {}
    for row in actors:
        people.setdefault((row.repository, row.package, row.commit_id), []).append(row.actor)
    files: dict[Place, list[tuple[str, str]]] = {}
    for file in paths:
        files.setdefault((file.repository, file.package, file.commit_id), []).append((file.path, file.digest))
    return Parts(people, files, len(actors) < limit and len(paths) < limit)


def packages_at(connection: Connection, names: Collection[Name]) -> dict[Name, Package]:
    """The packages of these names, also those that were moved from there; what is gone is left out."""
    wanted = list(names)
    here = tuple_(packages.c.repository_id, packages.c.type, packages.c.folded).in_(wanted)
    rows = connection.execute(every_package().where(here))
    found = {(row.repository_id, row.type, row.folded): package_of(row) for row in rows}
    moved = (
        every_package()
        .add_columns(moves.c.type.label("old_type"), moves.c.folded.label("old_name"))
        .join(moves, moves.c.package_id == packages.c.id)
        .where(tuple_(moves.c.repository_id, moves.c.type, moves.c.folded).in_(wanted))
    )
    for old in connection.execute(moved):
        found.setdefault((old.repository_id, old.old_type, old.old_name), package_of(old))
    return found


def _given(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return decisions.c.at >= since, decisions.c.gives
