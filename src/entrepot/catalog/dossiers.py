"""Dossiers in the catalog: what the files that speak for a package say, by commit."""

import zlib
from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select, tuple_

from entrepot.catalog.firewall_tables import dossiers
from entrepot.catalog.moments import now
from entrepot.domain.digest import GitOid


def find(connection: Connection, package_id: int, commit: GitOid, scanner: str) -> bytes | None:
    """The dossier, as it was kept by this scanner version; None where there is none."""
    query = select(dossiers.c.content).where(
        dossiers.c.package_id == package_id, dossiers.c.commit_id == commit.hex, dossiers.c.scanner == scanner
    )
    content = connection.execute(query).scalar()
    return None if content is None else zlib.decompress(content)


def newest(connection: Connection, package_id: int, commit: str) -> bytes | None:
    """The dossier, whichever scanner version kept it; None where there is none."""
    here = (dossiers.c.package_id == package_id) & (dossiers.c.commit_id == commit)
    content = connection.execute(select(dossiers.c.content).where(here)).scalar()
    return None if content is None else zlib.decompress(content)


def newest_of_many(connection: Connection, places: Collection[tuple[int, str]]) -> dict[tuple[int, str], bytes]:
    """The same for many packages and commits; those without one are left out."""
    wanted = tuple_(dossiers.c.package_id, dossiers.c.commit_id).in_(list(places))
    rows = connection.execute(select(dossiers.c.package_id, dossiers.c.commit_id, dossiers.c.content).where(wanted))
    return {(row.package_id, row.commit_id): zlib.decompress(row.content) for row in rows}


def keep(connection: Connection, package_id: int, commit: GitOid, scanner: str, content: bytes) -> None:
    """Remember a dossier, in place of the one before."""
    here = (dossiers.c.package_id == package_id) & (dossiers.c.commit_id == commit.hex)
    connection.execute(delete(dossiers).where(here))
    values = {"package_id": package_id, "commit_id": commit.hex, "scanner": scanner, "made_at": now()}
    connection.execute(insert(dossiers).values(content=zlib.compress(content), **values))
