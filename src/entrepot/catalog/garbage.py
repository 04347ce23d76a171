"""Garbage: blobs that nobody names are condemned, and forgotten once their bytes are gone.

See ARCHITECTURE.md for how these steps and those of `catalog.blobs` interleave.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, exists, insert, or_, select, update
from sqlalchemy.exc import DBAPIError

from entrepot.catalog import pruning, xorbs
from entrepot.catalog.moments import now
from entrepot.catalog.tables import blobs, files, uploads, upstream_files
from entrepot.catalog.tables import xorbs as xorb_rows
from entrepot.catalog.trees import IN_LIST
from entrepot.domain.digest import Digest
from entrepot.domain.errors import NotReady

BATCH = 2000
"""How many blobs are condemned in one transaction: others wait for it, and each looks through the table again."""
_LOCK_NUMBER = 0x656E7472
"""What collectors on one PostgreSQL agree to call their lock."""

NAMED = or_(
    exists(select(files.c.id).where(files.c.blob_id == blobs.c.id)),
    exists(select(uploads.c.blob_id).where(uploads.c.blob_id == blobs.c.id)),
    exists(select(upstream_files.c.blob_id).where(upstream_files.c.blob_id == blobs.c.id)),
    exists(select(xorb_rows.c.id).where(xorb_rows.c.blob_id == blobs.c.id)),
)
"""Whether anything points to a row of blobs."""


@dataclass(frozen=True, slots=True)
class Condemned:
    """A blob whose bytes are about to be deleted."""

    id: int
    digest: Digest
    chunked: bool
    """It has no bytes of its own."""


@dataclass(frozen=True, slots=True)
class Moments:
    """What was last seen before these moments, and has no name, is garbage."""

    blobs: datetime
    xorbs: datetime


def drop_uploads(connection: Connection, before: datetime) -> int:
    """Forget who sent bytes that long ago; how many such notes there were. Commits that name the bytes stay."""
    return connection.execute(delete(uploads).where(uploads.c.created_at < before)).rowcount


def drop_xorbs(connection: Connection, before: datetime) -> int:
    """Forget xorbs that no file uses and nobody has asked about since; how many there were."""
    return xorbs.drop(connection, xorbs.unused(connection, before))


def condemn(connection: Connection, before: datetime) -> int:
    """Mark blobs that nobody names and nobody has seen since; how many, at most `BATCH`.

    From now on they can neither be announced nor named.
    """
    unseen = (blobs.c.condemned_at.is_(None), blobs.c.seen_at < before)
    # Locked first and looked at again by a second statement: the first may not see names that were being given
    # meanwhile. Whoever holds the lock of a row is about to name it.
    candidates = select(blobs.c.id).where(*unseen, ~NAMED).order_by(blobs.c.id).limit(BATCH)
    ids = list(connection.execute(candidates.with_for_update(skip_locked=True)).scalars())
    marked = update(blobs).where(blobs.c.id.in_(ids), *unseen, ~NAMED).values(condemned_at=now())
    return connection.execute(marked).rowcount


def condemned(connection: Connection) -> list[Condemned]:
    """What is condemned and not yet forgotten, at most `BATCH`, also what an earlier collector left."""
    query = select(blobs).where(blobs.c.condemned_at.is_not(None)).order_by(blobs.c.id).limit(BATCH)
    return [Condemned(row.id, Digest(row.digest), row.chunked) for row in connection.execute(query)]


def forget(connection: Connection, ids: Iterable[int]) -> None:
    """Drop condemned rows, and with them their terms; comes after their bytes were deleted."""
    connection.execute(delete(blobs).where(blobs.c.id.in_(list(ids)), blobs.c.condemned_at.is_not(None)))


def without_row(connection: Connection, digests: list[Digest]) -> list[Digest]:
    """Those of the digests that no row knows."""
    known: set[str] = set()
    for start in range(0, len(digests), IN_LIST):
        part = [digest.hex for digest in digests[start : start + IN_LIST]]
        known.update(connection.execute(select(blobs.c.digest).where(blobs.c.digest.in_(part))).scalars())
    return [digest for digest in digests if digest.hex not in known]


def adopt(connection: Connection, digest: Digest, size: int) -> bool:
    """Give stored bytes that no row knows a row, condemned at once; False where they have one by now.

    They are what a slow upload stored after its row had been collected.
    """
    if connection.execute(select(blobs.c.id).where(blobs.c.digest == digest.hex)).first():
        return False
    moment = now()
    connection.execute(
        insert(blobs).values(digest=digest.hex, size=size, seen_at=moment, condemned_at=moment, chunked=False)
    )
    return True


@dataclass(frozen=True, slots=True)
class Freed:
    """What a collection does to the catalog."""

    condemned: tuple[Condemned, ...]
    packages: int
    revisions: int
    uploads: int
    xorbs: int


class Rehearsed(Exception):
    """Ends the rehearsal's transaction without its changes."""

    def __init__(self, freed: Freed) -> None:
        super().__init__("this was a rehearsal")
        self.freed = freed


def rehearse(connection: Connection, moments: Moments) -> None:
    """Do all that a collection does, and raise `Rehearsed` with what it was, so that nothing of it stays."""
    pruned = [0, 0]
    for package_id in pruning.changed_packages(connection):
        planned = pruning.plan(connection, package_id, moments.blobs)
        if planned is not None and pruning.prune(connection, planned) and planned.frees_something:
            pruned = [pruned[0] + 1, pruned[1] + len(planned.revisions)]
    sent = drop_uploads(connection, moments.blobs)
    gone: list[Condemned] = []
    chunks = 0
    while True:
        dropped = drop_xorbs(connection, moments.xorbs)
        chunks += dropped
        condemn(connection, moments.blobs)
        batch = condemned(connection)
        forget(connection, [blob.id for blob in batch])
        gone.extend(batch)
        if not (batch or dropped):
            raise Rehearsed(Freed(tuple(gone), pruned[0], pruned[1], sent, chunks))


class Turn:
    """The right to collect on one PostgreSQL, for as long as its connection lasts; SQLite needs none.

    Raises `NotReady` where another collector has it, or the database is away.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection: Connection | None = None
        if engine.dialect.name != "postgresql":
            return
        try:
            self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except DBAPIError as error:
            raise NotReady("the catalog can't be reached at the moment; try again", after=5) from error
        if not self._ask(f"SELECT pg_try_advisory_lock({_LOCK_NUMBER})"):
            self._connection.close()
            raise NotReady("another collector is at work", after=60)

    def _ask(self, question: str) -> bool:
        if self._connection is None:
            return True
        try:
            return bool(self._connection.exec_driver_sql(question).scalar())
        except DBAPIError as error:
            raise NotReady("the connection that kept other collectors away is gone", after=60) from error

    def confirm(self) -> None:
        """Go on, or raise `NotReady`: without its connection the right is somebody else's."""
        self._ask("SELECT true")

    def end(self) -> None:
        """Let others collect."""
        if self._connection is None:
            return
        try:
            self._ask(f"SELECT pg_advisory_unlock({_LOCK_NUMBER})")
        except NotReady:
            self._connection.invalidate()  # what held the right is gone, and the right with it
        finally:
            self._connection.close()
