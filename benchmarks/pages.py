"""Pages of the web interface on a catalog of 100,000 packages: the time that 95 of 100 requests stay below."""

import asyncio
import hashlib
import random
import statistics
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import sqlalchemy

import metadata
import real_postgres
from entrepot.catalog import decisions
from entrepot.catalog.database import Database
from entrepot.domain.decision import Decision, Effect
from entrepot.domain.door import Door, Recorded
from entrepot.domain.report import Category, Confidence, Coverage, Finding, Location, Report, Severity
from entrepot.domain.report_text import dump
from entrepot.operations.inspection.version import scanner_version
from live_server import LiveServer
from measure import QUICK, Row

REQUESTS = 120 if QUICK else 200
CONNECTIONS = 4
DECISIONS = 20_000 if QUICK else 200_000
TARGET = 0.2
EVERY = 20
"""Of so many packages one has a file with a finding."""
PAGES = {
    "home": "/",
    "a repository's packages": "/repositories/models",
    "a package": "/packages/models/models/bench/package-{number}",
    "its security": "/packages/models/models/bench/package-{number}?tab=security",
    "its usage": "/packages/models/models/bench/package-{number}?tab=usage",
    "findings": "/findings",
    "a finding": "/findings/pickle.call.process",
    "decisions": "/decisions",
    "decisions about a package": "/decisions?package=bench/package-{number}",
    "search by name": "/search?q=package-{number}",
    "search by commit": "/search?q={commit}",
}


def measure(folder: Path) -> list[Row]:
    """The rows of this benchmark."""
    rows: list[Row] = []
    server = real_postgres.start(folder / "postgres")
    try:
        for kind, url in (("SQLite", ""), ("PostgreSQL", real_postgres.new_database(server, "pages"))):
            settings = {"database": url} if url else {}
            with LiveServer(folder / kind, workers=2, log_level="warning", **settings) as live:
                fill(
                    url.replace("postgresql://", "postgresql+psycopg://", 1) or f"sqlite:///{folder / kind}/entrepot.db"
                )
                rows += asyncio.run(_rows(live, kind))
    finally:
        server.cleanup()
    return rows


def fill(url: str) -> None:
    """The packages of the other benchmark, each with a file of its own, its report, and decisions about it."""
    metadata._fill(url)
    database = Database(url)
    try:
        database.now(_files)
        database.now(_reports)
        for start in range(0, DECISIONS, 5000):
            database.now(decisions.append, [_decision(number) for number in range(start, start + 5000)])
        for statement in ["ANALYZE"] if database.is_sqlite else ["VACUUM ANALYZE", "CHECKPOINT"]:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(statement)
    finally:
        database.close()


def _digest(number: int) -> str:
    return hashlib.sha256(f"weights {number}".encode()).hexdigest()


def _files(connection: sqlalchemy.Connection) -> None:
    """A blob of its own for each package. It stands in no tree: what counts is that it is there."""
    now = datetime.now(UTC)
    tables = metadata.metadata.tables
    rows = connection.execute(sqlalchemy.text("SELECT id, name FROM packages WHERE namespace = 'bench'")).all()
    numbers = {row.id: int(row.name.partition("-")[2]) for row in rows}
    blobs = [{"digest": _digest(n), "size": 1 << 20, "chunked": False, "seen_at": now} for n in numbers.values()]
    connection.execute(tables["blobs"].insert(), blobs)
    ids = dict(connection.execute(sqlalchemy.text("SELECT digest, id FROM blobs")).all())
    files = [
        {"package_id": package, "oid": _digest(n)[:40], "size": 1 << 20, "lfs": True, "blob_id": ids[_digest(n)]}
        for package, n in numbers.items()
    ]
    connection.execute(tables["files"].insert(), files)
    # Commits differ from package to package, unlike those of copies.
    commits = [
        {"package_id": package, "commit_id": _digest(n)[:40], "tree": _digest(n)[:40], "date": now, "data": b""}
        for package, n in numbers.items()
    ]
    connection.execute(tables["revisions"].insert(), commits)


def _reports(connection: sqlalchemy.Connection) -> None:
    tables = metadata.metadata.tables
    now = datetime.now(UTC)
    rules = [f"pickle.call.{harm}" for harm in ("process", "execution", "files", "network", "import")]
    findings = {
        rule: Finding(
            rule,
            Severity.CRITICAL,
            Confidence.HIGH,
            Category.MALWARE,
            Location("", 26, 4),
            "calls something",
            "x" * 200,
        )
        for rule in rules
    }
    contents = {
        rule: zlib.compress(dump(Report(scanner_version(), Coverage.FULL, ("pickle",), (finding,))))
        for rule, finding in findings.items()
    }
    clean = zlib.compress(dump(Report(scanner_version(), Coverage.FULL, ("safetensors",))))
    made = []
    for number in range(metadata.PACKAGES):
        rule = rules[number // EVERY % len(rules)] if number % EVERY == 0 else ""
        made.append(
            {
                "id": number + 1,
                "subject": f"sha256:{_digest(number)}:model.bin",
                "digest": _digest(number),
                "scanner": scanner_version(),  # or the server would look at them all again
                "verdict": "malicious" if rule else "clean",
                "coverage": "full",
                "content": contents[rule] if rule else clean,
                "made_at": now,
            }
        )
    connection.execute(tables["reports"].insert(), made)
    found = [
        {"report_id": n + 1, "rule": rules[n // EVERY % len(rules)], "severity": "critical", "count": 1}
        for n in range(0, metadata.PACKAGES, EVERY)
    ]
    connection.execute(tables["found_rules"].insert(), found)


def _decision(number: int) -> Recorded:
    package = random.randrange(metadata.PACKAGES)
    is_refused = number % 10 == 0
    return Recorded(
        uid=f"{number:032x}",
        at=datetime.now(UTC) - timedelta(minutes=(DECISIONS - number) / 10),
        actor=f"person-{number % 300}",
        token_id=None,
        token_name="laptop",
        address="192.0.2.7",
        client="huggingface_hub/2.4.0",
        door=Door.FILE,
        repository="models",
        package=f"model/bench/package-{package}",
        commit="1" * 40,
        path="model.bin",
        size=1 << 20,
        digest=_digest(package),
        gives=not is_refused,
        decision=Decision(Effect.BLOCK, ("no",), "a rule", "test@1") if is_refused else Decision(Effect.ALLOW),
    )


async def _rows(live: LiveServer, kind: str) -> list[Row]:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
        headers = {"Sec-Fetch-Site": "same-origin"}
        async with session.post(f"{live.origin}/sign-in", data={"token": live.token}, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        return [await _row(session, live, kind, what, path) for what, path in PAGES.items()]


async def _row(session: aiohttp.ClientSession, live: LiveServer, kind: str, what: str, path: str) -> Row:
    taken: list[float] = []
    turns = iter(range(REQUESTS))

    async def ask() -> None:
        for _ in turns:
            number = random.randrange(metadata.PACKAGES)
            started = time.perf_counter()
            async with session.get(live.origin + path.format(number=number, commit=_digest(number)[:12])) as answer:
                assert answer.status == 200, f"{path}: {answer.status}: {(await answer.text())[-500:]}"
                await answer.read()
            taken.append(time.perf_counter() - started)

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
    p95 = statistics.quantiles(taken, n=20)[18]
    figure = f"{p95 * 1000:.0f} ms ({statistics.median(taken) * 1000:.0f}, at most {max(taken) * 1000:.0f})"
    label = f"page of {metadata.PACKAGES:,} packages, {CONNECTIONS} connections, {kind}: {what}: p95 (p50, longest)"
    return Row(label, figure, f"< {TARGET * 1000:.0f} ms", p95 < TARGET)
