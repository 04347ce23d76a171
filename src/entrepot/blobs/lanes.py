"""Lanes: work on a stream, piece after piece, in a thread of its own and side by side with other work on it."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence

from entrepot.blobs.threads import in_thread

DEPTH = 4
"""How many batches may wait: enough that neither side stands still, few enough for the memory of many transfers."""

Batch = Sequence[bytes]


class Lane:
    """Does its work on every batch, in order. A thread is only taken while there is something to do."""

    def __init__(self, work: Callable[[Batch], None], done: Callable[[], None] | None = None) -> None:
        self._work = work
        self._done = done
        self._loop: asyncio.AbstractEventLoop | None = None
        self._slots = asyncio.Semaphore(DEPTH)
        self._waiting: deque[Batch] = deque()
        self._lock = threading.Lock()
        self._is_running = False
        self._run: asyncio.Future[None] | None = None
        self._error: OSError | None = None

    async def put(self, batch: Batch) -> None:
        """Hand over the next batch; waits while too many do. Raises the `OSError` that an earlier one met."""
        self._loop = asyncio.get_running_loop()
        await self._slots.acquire()
        if self._error is not None:
            self._slots.release()
            raise self._error
        with self._lock:
            self._waiting.append(batch)
            begins, self._is_running = not self._is_running, True
        if begins:
            self._run = asyncio.ensure_future(in_thread(self._drain))

    def _drain(self) -> None:
        # As long as there is more, the thread stays: a hop for each batch would cost a good part of its work.
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_running = False
                    return
                batch = self._waiting.popleft()
            try:
                if self._error is None:
                    self._work(batch)
            except OSError as error:
                self._error = error
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._finished)

    def _finished(self) -> None:
        self._slots.release()
        if self._done is not None and self._error is None:
            self._done()

    async def settle(self) -> None:
        """Wait until all that was handed over is done, even when cancelled; then raise what went wrong."""
        while self._is_running and self._run is not None:
            # Not simply awaited: that would cancel it with us, and its thread would go on all the same.
            await asyncio.wait([self._run])
        if self._error is not None:
            raise self._error
