"""Flights: one fetch from upstream, shared by all who ask for the same file, readable while it lands."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from entrepot.blobs import landing
from entrepot.blobs.landing import Landing
from entrepot.blobs.store import PIECE
from entrepot.blobs.threads import in_thread
from entrepot.domain.content import Blob, File
from entrepot.domain.errors import EntrepotError, NotReady, UpstreamUnavailable
from entrepot.operations import outcomes
from entrepot.operations.fetching import Order, fetch

LEFT_FOR = timedelta(days=1)
"""How long what a dead flight left is kept for somebody to resume."""
HELD_BACK = 1 << 20
"""The end of a file that nobody gets before the whole of it is verified, looked at and stored."""
LAST = 64 << 10
"""What is kept even while the rest of that end is let out, little by little, so that clients don't give up waiting."""
DRIP = 1 << 10
DRIP_SECONDS = 4.0
"""How often so little is let out; clients end a connection that is silent for ten seconds."""
LONGEST_WAIT = 60
"""Seconds after which a client that waits should ask again, at most."""
POLL_SECONDS = 0.03
"""How often a process looks at what another one is fetching."""
PATIENCE_SECONDS = 600
"""How long another process may make no progress before those who wait here are told so."""

log = logging.getLogger(__name__)


class Flight:
    """One file on its way here. Reading it is safe at any time; what is read has landed, and may still prove wrong."""

    def __init__(self, folder: Path, key: str, order: Order) -> None:
        self.order = order
        self.blob: Blob | None = None
        """The file's blob, once it is verified and stored."""
        self._landing = Landing(folder, key)
        self._error: EntrepotError | None = None
        self._landed = 0
        self._landed_at = float("inf")
        self._changed = asyncio.Event()
        self._descriptor = -1
        self._leading = False
        self._readers = 0
        self.task = asyncio.ensure_future(self._fly())

    @property
    def file(self) -> File:
        """The file as it was asked for."""
        return self.order.file

    async def _fly(self) -> None:
        try:
            self.blob = await self._arrive()
        except EntrepotError as error:
            self._error = error
        except OSError as error:
            log.error("a file from upstream can't be kept", extra={"file": self.order.label, "error": str(error)})
            self._error = NotReady(f"{self.file.path} can't be kept at the moment: {error.strerror}", after=60)
        except asyncio.CancelledError:
            self._error = NotReady("the server is going down; try again", after=5)
        except Exception:
            log.exception("a flight came to an unexpected end", extra={"file": self.order.label})
            self._error = NotReady(f"{self.file.path} could not be fetched; the log of the server says why", after=5)
        finally:
            self._landing.release()
            self._close_unless_read()
            self._tell()

    async def _arrive(self) -> Blob:
        quiet_since = asyncio.get_running_loop().time()
        while True:
            outcome = await in_thread(self._landing.claim)
            if outcome == b"":
                return await self._lead()
            if outcome is not None and (blob := await self._learn(outcome)):
                return blob
            now = asyncio.get_running_loop().time()
            if await in_thread(self._look):
                quiet_since = now
                self._tell()
            if now - quiet_since > PATIENCE_SECONDS:
                raise UpstreamUnavailable(f"{self.file.path} is being fetched and makes no progress")
            await asyncio.sleep(POLL_SECONDS)

    async def _learn(self, outcome: bytes) -> Blob | None:
        error = outcomes.error_of(outcome)
        if error is not None:
            raise error
        return await self.order.find()

    def _look(self) -> bool:
        """Whether more has landed in the part that another process writes."""
        if self._descriptor < 0:
            try:
                self._descriptor = os.open(self._landing.part, os.O_RDONLY)
            except FileNotFoundError:
                return False
        before, self._landed = self._landed, os.fstat(self._descriptor).st_size
        return self._landed > before

    async def _lead(self) -> Blob:
        try:
            blob = await fetch(self.order, self._landing, self._progress)
        except Exception as error:
            await in_thread(self._landing.finish, outcomes.of_error(error))
            raise
        await in_thread(self._landing.finish, outcomes.STORED)
        return blob

    def _progress(self, landed: int) -> None:
        if not self._leading:
            self._leading = True
            self._open_anew()
        self._landed = landed
        self._tell()

    def _open_anew(self) -> None:
        # The part of the process that led before us may have been another file.
        descriptor = os.open(self._landing.part, os.O_RDONLY)
        if self._descriptor < 0:
            self._descriptor = descriptor
        else:
            os.dup2(descriptor, self._descriptor)
            os.close(descriptor)

    @property
    def is_landed(self) -> bool:
        """Whether all of it is here, while it is still being looked at."""
        return self._landed >= self.file.size

    def seconds_to_wait(self) -> int:
        """When to ask again for a file that is being looked at: the longer it takes, the later."""
        return max(5, min(LONGEST_WAIT, round(self._seconds_on_the_ground)))

    @property
    def _seconds_on_the_ground(self) -> float:
        """For how long all of it has been here; 0 where that was seen this very moment, and nobody was told yet."""
        return max(0.0, time.monotonic() - self._landed_at)

    def _tell(self) -> None:
        if self.is_landed and self._landed_at == float("inf"):
            self._landed_at = time.monotonic()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _close_unless_read(self) -> None:
        over = self.blob is not None or self._error is not None
        if self._descriptor >= 0 and over and not self._readers:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def _may_leave(self) -> int:
        """How many bytes may be read: all, or what has landed without the end of the file."""
        if self.blob is not None:
            return self.file.size
        free = self.file.size - min(HELD_BACK, self.file.size)
        if self.is_landed and free > 0:
            drops = int(self._seconds_on_the_ground / DRIP_SECONDS)
            return min(free + drops * DRIP, self.file.size - LAST)
        return min(self._landed, free)

    async def reach(self, position: int) -> int:
        """Wait until more than `position` bytes may be read, and say how many; raises what the flight ended with."""
        while True:
            if self._error is not None:
                # A new one for everybody: several tasks raising the same one would tangle up its traceback.
                raise outcomes.again(self._error)
            if self._may_leave > position or self.blob is not None:
                return self._may_leave
            await self._change()

    async def _change(self) -> None:
        """Wait for something to happen, or for the time of the next drop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRIP_SECONDS if self.is_landed else None):
                await self._changed.wait()

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end` as they land; ends early where the rest has to be read from the store."""
        self._readers += 1
        try:
            while start < end:
                ready = await self.reach(start)
                if self._descriptor < 0:
                    return
                piece = await in_thread(os.pread, self._descriptor, min(PIECE, ready - start, end - start), start)
                if not piece:
                    return
                yield piece
                start += len(piece)
        finally:
            self._readers -= 1
            self._close_unless_read()


class Flights:
    """The flights of this process; those of other processes on the same staging folder are joined, not repeated."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._flights: dict[str, Flight] = {}
        self._closed = False

    def board(self, key: str, order: Order) -> Flight:
        """The flight of that key: the one under way, or a new one. Raises `NotReady` at the end of the server."""
        flight = self._flights.get(key)
        if flight is None:
            if self._closed:
                raise NotReady("the server is going down; try again", after=5)
            flight = self._flights[key] = Flight(self._folder, key, order)
            flight.task.add_done_callback(lambda _: self._flights.pop(key, None))
        return flight

    async def close(self, grace: float) -> None:
        """Wait at most `grace` seconds for what is under way, then leave the rest to be resumed."""
        self._closed = True
        tasks = [flight.task for flight in self._flights.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def sweep(self, older_than: timedelta = LEFT_FOR) -> int:
        """Remove what dead flights left behind; how many bytes that freed."""
        return await in_thread(landing.sweep, self._folder, older_than.total_seconds())
