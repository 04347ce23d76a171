"""Record: decisions on their way into the catalog. Gathered for a moment, written in their order, never dropped."""

import asyncio
import contextlib
import logging
import secrets
import time
from datetime import UTC, datetime

from entrepot.catalog import decisions
from entrepot.catalog.database import Database
from entrepot.domain.decision import Decision
from entrepot.domain.door import Door, Recorded
from entrepot.domain.errors import EntrepotError, NotReady
from entrepot.operations.case import Case
from entrepot.operations.recent import Recent

WRITE_SECONDS = 0.25
"""For how long decisions are gathered before they are written: what a crash can lose."""
MOST_WAITING = 20_000
"""Decisions that may wait while the catalog is away; then nobody gets anything until they are written."""
BATCH = 500
SAME_SECONDS = 30.0
"""Who takes a file in a hundred ranges makes one download: the same decision is written down once in this time."""
MAX_TEXT = 1000
MOST_MILLISECONDS = 1 << 30

log = logging.getLogger(__name__)


class Record:
    """Decisions that are not written yet."""

    def __init__(self) -> None:
        self._waiting: list[Recorded] = []
        self._lately: Recent[str] = Recent(50_000, seconds=SAME_SECONDS)
        self._writing = asyncio.Lock()

    def note(self, case: Case, decision: Decision, *, gives: bool) -> str:
        """Write a decision down soon; the id that it will have. Raises `NotReady` while too many wait to be written."""
        if len(self._waiting) >= MOST_WAITING:
            raise NotReady("decisions can't be written down at the moment, so nothing is let out", after=5)
        recorded = _recorded(case, decision, gives=gives)
        same = (
            *(recorded.actor, recorded.token_id, recorded.address, recorded.door, recorded.repository),
            *(recorded.package, recorded.commit, recorded.path, recorded.digest),
            *(decision.effect, decision.rule, decision.policy, decision.reasons, gives),
        )
        known = self._lately.get(same)
        if known is not None:
            return known
        self._lately.put(same, recorded.uid)
        self._waiting.append(recorded)
        return recorded.uid

    async def write_down(self, database: Database) -> None:
        """Bring what is waiting into the catalog; while that is away it stays here. Raises `EntrepotError`."""
        async with self._writing:
            while self._waiting:
                batch = self._waiting[:BATCH]
                await database.write(decisions.append, batch)
                del self._waiting[: len(batch)]

    async def write_forever(self, database: Database) -> None:
        """Write what is waiting every moment, until cancelled; then once more."""
        try:
            while True:
                await asyncio.sleep(WRITE_SECONDS)
                try:
                    await self.write_down(database)
                except EntrepotError as error:
                    log.warning("decisions could not be written down; they are kept: %s", error)
                except Exception:
                    log.exception("decisions could not be written down; they are kept")
        finally:
            with contextlib.suppress(EntrepotError):
                await self.write_down(database)


def _recorded(case: Case, decision: Decision, *, gives: bool) -> Recorded:
    actor, file, name = case.actor, case.file, case.revision.package.name
    digest = ""
    if file is not None:
        digest = file.blob.digest.hex if file.blob else file.lfs.hex if file.lfs else ""
    return Recorded(
        uid=secrets.token_hex(8),
        at=datetime.now(UTC),
        actor=actor.name,
        token_id=actor.token_id,
        token_name=actor.token_name,
        address=actor.address[:MAX_TEXT],
        client=actor.client[:MAX_TEXT],
        door=case.door,
        repository=case.repository.row.key.text,
        package=f"{name.type}/{name.id}",
        commit=case.revision.commit.hex if case.door is not Door.UPLOAD else "",
        path=file.path.text if file else "",
        size=file.size if file else None,
        digest=digest,
        gives=gives,
        decision=decision,
        milliseconds=min(MOST_MILLISECONDS, round((time.monotonic() - case.since) * 1000)),
    )
