"""Packages in the catalog: made, found, moved, described, removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam, delete, insert, select, update

from entrepot.catalog.moments import now
from entrepot.catalog.tables import moves, package_tags, packages, refs, repositories
from entrepot.domain.content import Json, Package
from entrepot.domain.errors import AlreadyExists, PackageNotFound
from entrepot.domain.names import PackageName, PackageType, RepositoryKey

MAX_TAG_LENGTH = 200
"""Longer tags are shown on the package and can't be searched for."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an owner may change; None leaves it as it is."""

    private: bool | None = None
    gated: str | None = None


def create(connection: Connection, repository_id: int, name: PackageName, *, private: bool) -> Package:
    """The new, empty package; raises `AlreadyExists`, also where only case differs."""
    if _row(connection, repository_id, name) is not None:
        raise AlreadyExists(f"there is a {name.type} called {name} already")
    moment = now()
    connection.execute(
        insert(packages).values(
            repository_id=repository_id,
            type=name.type.value,
            namespace=name.namespace,
            name=name.name,
            folded=name.folded,
            private=private,
            created_at=moment,
            updated_at=moment,
        )
    )
    # A name that is taken again no longer leads to where the old package of that name went.
    connection.execute(delete(moves).where(*_is(moves, repository_id, name)))
    return find(connection, repository_id, name)


def find(connection: Connection, repository_id: int, name: PackageName) -> Package:
    """The package of that name in any case, or the one that was moved from there; raises `PackageNotFound`."""
    row = _row(connection, repository_id, name) or _moved(connection, repository_id, name)
    if row is None:
        raise PackageNotFound(f"there is no {name.type} called {name}")
    return package_of(row)


def find_or_create(connection: Connection, repository_id: int, name: PackageName) -> Package:
    """The package, made where it is not there: how a remote repository remembers what upstream has."""
    if _row(connection, repository_id, name) is None:
        return create(connection, repository_id, name, private=False)
    return find(connection, repository_id, name)


def _row(connection: Connection, repository_id: int, name: PackageName) -> Row[tuple[object, ...]] | None:
    names = {"repository_id": repository_id, "type": name.type.value, "folded": name.folded}
    return connection.execute(_NAMED, names).one_or_none()


def _moved(connection: Connection, repository_id: int, name: PackageName) -> Row[tuple[object, ...]] | None:
    query = every_package().join(moves, moves.c.package_id == packages.c.id).where(*_is(moves, repository_id, name))
    return connection.execute(query).one_or_none()


def _is(table: Table, repository_id: int, name: PackageName) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.repository_id == repository_id,
        table.c.type == name.type.value,
        table.c.folded == name.folded,
    )


def move(connection: Connection, package: Package, to: PackageName) -> None:
    """Give it another name; the old one leads there until somebody takes it. Raises `AlreadyExists`."""
    row = connection.execute(select(packages).where(packages.c.id == package.id)).one_or_none()
    if row is None:
        raise PackageNotFound(f"there is no {package.name.type} called {package.name}")
    taken = _row(connection, row.repository_id, to)
    if taken is not None and taken.id != package.id:
        raise AlreadyExists(f"there is a {to.type} called {to} already")
    connection.execute(
        update(packages)
        .where(packages.c.id == package.id)
        .values(namespace=to.namespace, name=to.name, folded=to.folded, updated_at=now())
    )
    connection.execute(delete(moves).where(*_is(moves, row.repository_id, to)))
    if to.folded != row.folded:
        connection.execute(
            insert(moves).values(
                repository_id=row.repository_id, type=row.type, folded=row.folded, package_id=package.id
            )
        )


def configure(connection: Connection, package_id: int, settings: Settings) -> None:
    """Change who may see it."""
    values = {"private": settings.private, "gated": settings.gated}
    changes = {name: value for name, value in values.items() if value is not None}
    if changes:
        connection.execute(update(packages).where(packages.c.id == package_id).values(**changes, updated_at=now()))


def describe(connection: Connection, package_id: int, commit: str, facts: Mapping[str, Json]) -> None:
    """Keep what the files at that commit say of the package, and make its tags searchable."""
    connection.execute(update(packages).where(packages.c.id == package_id).values(facts=dict(facts), described=commit))
    connection.execute(delete(package_tags).where(package_tags.c.package_id == package_id))
    tags = facts.get("tags")
    words = {tag for tag in tags if isinstance(tag, str)} if isinstance(tags, Sequence) else set()
    rows = [{"package_id": package_id, "tag": tag} for tag in sorted(words) if 0 < len(tag) <= MAX_TAG_LENGTH]
    if rows:
        connection.execute(insert(package_tags), rows)


def undescribed(connection: Connection) -> list[tuple[int, str]]:
    """Packages whose main branch has moved on since their facts were read: id, and the commit to read."""
    main = (refs.c.package_id == packages.c.id) & (refs.c.name == "refs/heads/main")
    query = select(packages.c.id, refs.c.commit_id).join(refs, main).where(packages.c.described != refs.c.commit_id)
    return [(row.id, row.commit_id) for row in connection.execute(query)]


def count_downloads(connection: Connection, counts: Mapping[int, int]) -> None:
    """Add to the number of downloads of each package id."""
    for package_id, count in sorted(counts.items()):
        connection.execute(
            update(packages).where(packages.c.id == package_id).values(downloads=packages.c.downloads + count)
        )


def by_id(connection: Connection, package_id: int) -> Package:
    """The package with that row; raises `PackageNotFound`."""
    row = connection.execute(every_package().where(packages.c.id == package_id)).one_or_none()
    if row is None:
        raise PackageNotFound("the package has been deleted")
    return package_of(row)


def remove(connection: Connection, package_id: int) -> None:
    """Remove the package and every name in it; its bytes are the collector's."""
    connection.execute(delete(packages).where(packages.c.id == package_id))


def every_package() -> Select[Any]:
    """The query that `package_of` reads rows of, to be narrowed down."""
    return select(packages, repositories.c.key).join(repositories, repositories.c.id == packages.c.repository_id)


def package_of(row: Row[tuple[object, ...]]) -> Package:
    """The value that a row of packages, joined with its repository's key, stands for."""
    return Package(
        repository=RepositoryKey(row.key),
        name=PackageName(PackageType(row.type), row.namespace, row.name),
        created_at=row.created_at,
        updated_at=row.updated_at,
        private=row.private,
        gated=row.gated,
        downloads=row.downloads,
        likes=row.likes,
        facts=row.facts,
        id=row.id,
    )


_NAMED = every_package().where(
    packages.c.repository_id == bindparam("repository_id"),
    packages.c.type == bindparam("type"),
    packages.c.folded == bindparam("folded"),
)
