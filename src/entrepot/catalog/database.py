"""The only hop to SQL: `read` and `write` run a plain function of a connection in a thread.

A transaction is a plain function, so it cannot wait for anything and never stays open over a network call. It may be
run again from its beginning, so it touches nothing but its connection.
"""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from entrepot.domain.errors import Invalid, NotReady

P = ParamSpec("P")
T = TypeVar("T")
Transaction: TypeAlias = Connection
"""What functions are handed that put several questions into one transaction."""

ATTEMPTS = 8
"""A transaction that lost against another is run again this often."""
BUSY_SECONDS = 30
"""How long SQLite waits for another writer before it gives up."""
CONNECT_SECONDS = 10
"""How long a database may take to answer a new connection, where its URL does not say; the driver waits minutes."""
_AGAIN = ("40001", "40P01", "23505")
"""Serialization failure, deadlock, and a unique key that a rival inserted first: run again, and look again."""


class Database:
    """A catalog in SQLite or PostgreSQL, by its URL; raises `Invalid` for one that can't be used."""

    def __init__(self, url: str, readers: int = 8) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._engine = _engine(url, "BEGIN", readers)
        self._writer = _engine(url, "BEGIN IMMEDIATE", 1) if self.is_sqlite else self._engine
        if not self.is_sqlite:
            # Each statement sees what is committed anyway; without a transaction around it, it is one trip instead of
            # three. The pool is shared.
            self._engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        # SQLite has one writer at a time; waiting for one's turn in a queue is cheaper than at its lock.
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="catalog-read")
        self._writers = ThreadPoolExecutor(1 if self.is_sqlite else readers, thread_name_prefix="catalog-write")

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kw: P.kwargs) -> T:
        """What the function finds; it must not write. Raises `NotReady` while the database is away."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: _run(self._engine, lambda c: function(c, *args, **kw)))

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kw: P.kwargs) -> T:
        """What the function returns, once its changes are durable. Raises `NotReady` while the database is away."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writers, lambda: _run(self._writer, lambda c: function(c, *args, **kw)))

    def now(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kw: P.kwargs) -> T:
        """The same for where nothing runs yet: commands and the start of the server."""
        return _run(self._writer, lambda c: function(c, *args, **kw))

    @property
    def engine(self) -> Engine:
        """What migrations run on."""
        return self._writer

    @property
    def name(self) -> str:
        """What people know it by: its URL without what is secret in it."""
        url = self._engine.url
        return str(URL.create(url.get_backend_name(), url.username, None, url.host, url.port, url.database))

    def close(self) -> None:
        """Let go of every connection; what is under way finishes first."""
        self._readers.shutdown()
        self._writers.shutdown()
        self._engine.dispose()
        self._writer.dispose()


def _engine(url: str, begin: str, connections: int) -> Engine:
    parsed = _parse(url)
    if not url.startswith("sqlite"):
        return _postgres(parsed, connections)
    engine = sqlalchemy.create_engine(parsed, pool_size=connections, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # whose messages repeat the password
        raise Invalid("the database's URL can't be read; it is written postgresql://user:password@host/name") from None


def _postgres(url: URL, connections: int) -> Engine:
    patience = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
    try:
        return sqlalchemy.create_engine(url, pool_size=connections, max_overflow=connections, connect_args=patience)
    except ImportError:
        raise Invalid("PostgreSQL needs a driver: pip install 'entrepot[postgres]'") from None


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # or the driver would open transactions of its own
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _run(engine: Engine, function: Callable[[Connection], T]) -> T:
    for attempt in range(ATTEMPTS):
        try:
            with engine.begin() as connection:
                return function(connection)
        except DBAPIError as error:
            if not _is_worth_another_try(error) or attempt == ATTEMPTS - 1:
                raise _in_our_words(error) from error
            time.sleep(random.uniform(0, 0.01 * 2**attempt))
    raise AssertionError("the loop returns or raises")


def _is_worth_another_try(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _AGAIN:
        return True
    # A pooled connection that died is replaced by the next attempt; SQLite's lock frees itself.
    return error.connection_invalidated or "database is locked" in str(error.orig)


def _in_our_words(error: DBAPIError) -> Exception:
    if isinstance(error, OperationalError) and not isinstance(error, IntegrityError):
        return NotReady("the catalog can't be reached at the moment; try again", after=5)
    return error
