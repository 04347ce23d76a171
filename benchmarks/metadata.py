"""Metadata of one package in a catalog of 100,000: the slowest percent of requests at 16 connections."""

import asyncio
import random
import statistics
import time
from pathlib import Path

import aiohttp
import sqlalchemy

import real_postgres
from entrepot.catalog import commits, packages, revisions
from entrepot.catalog.blobs import announce
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import find
from entrepot.catalog.tables import metadata
from entrepot.domain.changes import NewCommit, PutFile
from entrepot.domain.content import Author
from entrepot.domain.digest import Digest
from entrepot.domain.git import blob_oid
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from live_server import LiveServer
from measure import QUICK, Row

PACKAGES = 10_000 if QUICK else 100_000
REQUESTS = 2_000 if QUICK else 8_000
CONNECTIONS = 16
FILES = 12


def measure(folder: Path) -> list[Row]:
    """The rows of this benchmark."""
    rows = []
    server = real_postgres.start(folder / "postgres")
    try:
        for kind, url in (("SQLite", ""), ("PostgreSQL", real_postgres.new_database(server, "bench"))):
            settings = {"database": url} if url else {}
            with LiveServer(folder / kind, workers=2, log_level="warning", **settings) as live:
                _fill(
                    url.replace("postgresql://", "postgresql+psycopg://", 1) or f"sqlite:///{folder / kind}/entrepot.db"
                )
                p50, p99 = asyncio.run(_ask(live))
            rows.append(
                Row(
                    f"revision of one of {PACKAGES:,} packages, {CONNECTIONS} connections, {kind}: p99 (p50)",
                    f"{p99 * 1000:.0f} ms ({p50 * 1000:.0f} ms)",
                    "< 50 ms",
                    p99 < 0.05,
                )
            )
    finally:
        server.cleanup()
    return rows


def _fill(url: str) -> None:
    """One package is made as always; the others are copies of its rows."""
    database = Database(url)
    try:
        first = database.now(_first)
        database.now(_copies, first)
        # What a database does by itself some minutes after so many rows have come.
        for statement in ["ANALYZE"] if database.is_sqlite else ["VACUUM ANALYZE", "CHECKPOINT"]:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(statement)
    finally:
        database.close()


def _first(connection: sqlalchemy.Connection) -> int:
    repository = find(connection, RepositoryKey("models"))
    name = PackageName(PackageType.MODEL, "bench", "package-0")
    package = packages.create(connection, repository.id, name, private=False)
    changes = []
    for number in range(FILES):
        data = f"file {number}".encode()
        blob = announce(connection, Digest.of(data), len(data))
        path = FilePath(f"folder-{number % 3}/file-{number}.txt")
        changes.append(PutFile(path, blob_oid(data), len(data), False, blob.id))
    new = NewCommit(tuple(changes), Author("bench"), package.created_at, "files")
    commits.commit(connection, package.id, revisions.MAIN, new)
    packages.describe(connection, package.id, "", {"tags": ["bench"], "cardData": {"license": "mit"}})
    return package.id


def _copies(connection: sqlalchemy.Connection, first: int) -> None:
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PACKAGES - 1}) "
    columns = [column.name for column in metadata.tables["packages"].columns if column.name != "id"]
    new = {"name": "'package-' || n.i", "folded": "'bench/package-' || n.i"}
    values = ", ".join(new.get(column, column) for column in columns)
    insert = f"INSERT INTO packages ({', '.join(columns)}) {numbers}SELECT {values} FROM packages, n"
    connection.execute(sqlalchemy.text(f"{insert} WHERE packages.id = {first}"))
    for table in ("revisions", "refs", "trees", "files"):
        wanted = [column.name for column in metadata.tables[table].columns if column.name not in ("id", "package_id")]
        kept = ", ".join(f"t.{column}" for column in wanted)
        insert = f"INSERT INTO {table} (package_id, {', '.join(wanted)}) SELECT p.id, {kept} FROM {table} t, packages p"
        connection.execute(
            sqlalchemy.text(f"{insert} WHERE t.package_id = {first} AND p.id <> {first} AND p.namespace = 'bench'")
        )


async def _ask(live: LiveServer) -> tuple[float, float]:
    taken: list[float] = []
    order = iter([random.randrange(PACKAGES) for _ in range(REQUESTS)])
    headers = {"Authorization": f"Bearer {live.token}"}

    async def ask(session: aiohttp.ClientSession) -> None:
        for number in order:
            started = time.perf_counter()
            url = f"{live.endpoint('models')}/api/models/bench/package-{number}/revision/main"
            async with session.get(url, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()
            taken.append(time.perf_counter() - started)

    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(ask(session) for _ in range(CONNECTIONS)))
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]
