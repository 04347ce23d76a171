"""Which packages the chunks of xorbs are from: whoever is kept from all of them is not to have the chunks, either."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Subquery, select, union

from entrepot.catalog.tables import files, packages, repositories, terms, uploads, upstream_files
from entrepot.catalog.tables import xorb_uploads as sent
from entrepot.domain.names import PackageName, PackageType, RepositoryKey

IN_LIST = 500
"""How many values one query compares with."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A package with files that consist of some of the xorbs."""

    id: int
    repository: RepositoryKey
    name: PackageName


def own(connection: Connection, xorb_ids: Collection[int], repository_id: int, package_id: int) -> set[int]:
    """Those of the xorbs that the repository was sent, by themselves or in a file, or that the package has."""
    found = within(connection, xorb_ids, [package_id])
    for part in _parts(xorb_ids):
        is_one = sent.c.xorb_id.in_(part) & (sent.c.repository_id == repository_id)
        found |= set(connection.execute(select(sent.c.xorb_id).where(is_one)).scalars())
        uploaded = (
            select(terms.c.xorb_id)
            .join(uploads, uploads.c.blob_id == terms.c.blob_id)
            .where(terms.c.xorb_id.in_(part), uploads.c.repository_id == repository_id)
        )
        found |= set(connection.execute(uploaded.distinct()).scalars())
    return found


def within(connection: Connection, xorb_ids: Collection[int], package_ids: Collection[int]) -> set[int]:
    """Those of the xorbs that one of the packages has."""
    found: set[int] = set()
    for part in _parts(xorb_ids):
        held = _held(part)
        for some in _parts(package_ids):
            query = select(held.c.xorb_id).where(held.c.package_id.in_(some))
            found |= set(connection.execute(query.distinct()).scalars())
    return found


def holders(
    connection: Connection,
    xorb_ids: Collection[int],
    repository_ids: Collection[int],
    known: Collection[int],
    most: int,
) -> list[Holder]:
    """Some packages of these repositories with one of the xorbs, without those that are known; the newest first."""
    found: dict[int, Holder] = {}
    for part in _parts(xorb_ids):
        held = _held(part)
        query = (
            select(packages.c.id, repositories.c.key, packages.c.type, packages.c.namespace, packages.c.name)
            .join(repositories, repositories.c.id == packages.c.repository_id)
            .where(packages.c.id.in_(select(held.c.package_id)), packages.c.repository_id.in_(repository_ids))
            .where(packages.c.id.not_in([*known, *found]))
            .order_by(packages.c.id.desc())
            .limit(most - len(found))
        )
        for row in connection.execute(query):
            name = PackageName(PackageType(row.type), row.namespace, row.name)
            found[row.id] = Holder(row.id, RepositoryKey(row.key), name)
        if len(found) >= most:
            break
    return list(found.values())


def _held(xorb_ids: list[int]) -> Subquery:
    parts = [
        select(terms.c.xorb_id, table.c.package_id)
        .join(table, table.c.blob_id == terms.c.blob_id)
        .where(terms.c.xorb_id.in_(xorb_ids))
        for table in (files, upstream_files)
    ]
    return union(*parts).subquery("held")


def _parts(numbers: Collection[int]) -> Iterator[list[int]]:
    every = sorted(set(numbers))
    return (every[start : start + IN_LIST] for start in range(0, len(every), IN_LIST))
