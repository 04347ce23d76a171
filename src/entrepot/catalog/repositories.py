"""Repositories in the catalog: local, remote and virtual, with the members of the virtual ones."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Row, delete, exists, insert, select

from entrepot.catalog.moments import now
from entrepot.catalog.tables import members, packages, repositories
from entrepot.domain.errors import AlreadyExists, Conflict, Invalid, RepositoryNotFound
from entrepot.domain.names import RepositoryKey


class Kind(StrEnum):
    """Where a repository's packages come from."""

    LOCAL = "local"
    REMOTE = "remote"
    VIRTUAL = "virtual"


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    """A repository as it was set up."""

    key: RepositoryKey
    kind: Kind
    upstream: str = ""
    upstream_token: str = ""
    """Encrypted; empty for none."""
    anonymous_read: bool = False
    members: tuple[RepositoryKey, ...] = ()
    deploy_to: RepositoryKey | None = None
    id: int = 0


def create(connection: Connection, row: RepositoryRow) -> RepositoryRow:
    """The new repository; raises `AlreadyExists`, and `Invalid` for members that are not there."""
    if _row(connection, row.key) is not None:
        raise AlreadyExists(f"there is a repository called {row.key} already")
    member_ids = [_member(connection, key, row).id for key in row.members]
    deploy_id = _member(connection, row.deploy_to, row).id if row.deploy_to else None
    created = connection.execute(
        insert(repositories)
        .values(
            key=row.key.text,
            kind=row.kind.value,
            upstream=row.upstream,
            upstream_token=row.upstream_token,
            anonymous_read=row.anonymous_read,
            deploy_to=deploy_id,
            created_at=now(),
        )
        .returning(repositories.c.id)
    ).scalar_one()
    for position, member in enumerate(member_ids):
        connection.execute(insert(members).values(repository_id=created, position=position, member_id=member))
    return find(connection, row.key)


def _member(connection: Connection, key: RepositoryKey, owner: RepositoryRow) -> RepositoryRow:
    row = _row(connection, key)
    if row is None:
        raise Invalid(f"{owner.key} can't have the member {key}: there is no such repository")
    if row.kind == Kind.VIRTUAL.value:
        raise Invalid(f"{owner.key} can't have the member {key}: a virtual repository is made of local and remote ones")
    if owner.deploy_to == key and row.kind != Kind.LOCAL.value:
        raise Invalid(f"uploads to {owner.key} can't go to {key}: only a local repository takes uploads")
    return _read(connection, row)


def find(connection: Connection, key: RepositoryKey) -> RepositoryRow:
    """The repository; raises `RepositoryNotFound`."""
    row = _row(connection, key)
    if row is None:
        raise RepositoryNotFound(f"there is no repository called {key}")
    return _read(connection, row)


def everything(connection: Connection) -> list[RepositoryRow]:
    """All repositories, by key."""
    return [_read(connection, row) for row in connection.execute(select(repositories).order_by(repositories.c.key))]


def remove(connection: Connection, key: RepositoryKey) -> None:
    """Remove a repository; raises `Conflict` while it has packages of its own or is part of a virtual one.

    What a remote one has is only cached, and goes with it.
    """
    row = find(connection, key)
    if (
        row.kind is not Kind.REMOTE
        and connection.execute(select(exists().where(packages.c.repository_id == row.id))).scalar()
    ):
        raise Conflict(f"the repository {key} still has packages; delete them first")
    within = connection.execute(
        select(repositories.c.key)
        .join(members, members.c.repository_id == repositories.c.id)
        .where(members.c.member_id == row.id)
    ).scalars()
    if names := sorted(within):
        raise Conflict(f"the repository {key} is a member of {', '.join(names)}; take it out there first")
    connection.execute(delete(packages).where(packages.c.repository_id == row.id))
    connection.execute(delete(repositories).where(repositories.c.id == row.id))


def _row(connection: Connection, key: RepositoryKey) -> Row[tuple[object, ...]] | None:
    return connection.execute(select(repositories).where(repositories.c.key == key.text)).one_or_none()


def _read(connection: Connection, row: Row[tuple[object, ...]]) -> RepositoryRow:
    inside = connection.execute(
        select(repositories.c.key)
        .join(members, members.c.member_id == repositories.c.id)
        .where(members.c.repository_id == row.id)
        .order_by(members.c.position)
    ).scalars()
    target = connection.execute(select(repositories.c.key).where(repositories.c.id == row.deploy_to)).scalar()
    return RepositoryRow(
        RepositoryKey(row.key),
        Kind(row.kind),
        row.upstream,
        row.upstream_token,
        row.anonymous_read,
        tuple(RepositoryKey(key) for key in inside),
        RepositoryKey(target) if target else None,
        row.id,
    )
