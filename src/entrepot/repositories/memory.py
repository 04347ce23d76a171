"""What one process remembers between two requests; losing it costs time and nothing else."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from entrepot.domain.content import File, Folder

T = TypeVar("T")

MAX_LINES = 300_000
"""How many lines of listings are kept in memory: some hundred bytes each."""
MAX_NOTES = 10_000


class Memory:
    """Questions under way, recent listings, and short-lived notes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[Hashable, asyncio.Task[Any]] = {}
        self._listings: OrderedDict[Hashable, list[File | Folder]] = OrderedDict()
        self._lines = 0
        self._notes: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()

    def ask(self, question: Hashable, answer: Callable[[], Awaitable[T]]) -> "asyncio.Task[T]":
        """The task that answers the question: the one under way, or a new one. It goes on when nobody waits."""
        task = self._asked.get(question)
        if task is None:
            task = asyncio.ensure_future(_run(answer))
            self._asked[question] = task
            task.add_done_callback(lambda done: self._answered(question, done))
        return task

    def _answered(self, question: Hashable, task: "asyncio.Task[Any]") -> None:
        self._asked.pop(question, None)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody is told that nobody looked

    def listing(self, key: Hashable) -> list[File | Folder] | None:
        """The listing under that key, where it is still remembered."""
        found = self._listings.get(key)
        if found is not None:
            self._listings.move_to_end(key)
        return found

    def keep_listing(self, key: Hashable, listing: list[File | Folder]) -> None:
        """Remember a listing, and forget those that were not asked for in the longest time."""
        self._lines += len(listing) + 1 - self._size(self._listings.pop(key, None))
        self._listings[key] = listing
        while self._lines > MAX_LINES:
            self._lines -= self._size(self._listings.popitem(last=False)[1])

    @staticmethod
    def _size(listing: list[File | Folder] | None) -> int:
        return 0 if listing is None else len(listing) + 1

    def note(self, key: Hashable, value: object, seconds: float) -> None:
        """Remember something for that long, or less where much else has to be remembered."""
        self._notes.pop(key, None)
        self._notes[key] = (self._clock() + seconds, value)
        while len(self._notes) > MAX_NOTES:
            self._notes.popitem(last=False)

    def noted(self, key: Hashable) -> object | None:
        """What was noted under that key; None where nothing was, or too long ago."""
        until, value = self._notes.get(key, (0.0, None))
        return value if until > self._clock() else None


async def _run(answer: Callable[[], Awaitable[T]]) -> T:
    return await answer()
