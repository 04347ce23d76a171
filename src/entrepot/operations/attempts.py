"""Attempts: how often somebody was wrong lately, so that guessing takes longer than anybody lives."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from entrepot.domain.errors import NotReady

MOST = 5
"""How many wrong passwords in a row one name may be tried with, from one address."""
MOST_OF_A_NAME = 30
"""How many from all addresses together."""
SECONDS = 300.0
REMEMBERED = 20_000
AT_ONCE = 2
"""How many passwords are compared at the same time: each takes memory and a processor on purpose."""
MOST_WAITING = 32
"""How many may wait for that; who comes later is told to come again."""
LONGEST_NAME = 200


class Attempts:
    """Wrong passwords of the last minutes, as one process knows them: several processes allow as many times more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._wrong: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()
        self._clock = clock
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A turn to compare a password; raises `NotReady` where too many wait for one."""
        if self._waiting >= MOST_WAITING:
            raise NotReady("too many people sign in by password at this moment; try again, or use a token", after=5)
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1

    def require(self, name: str, address: str) -> None:
        """Go on, or raise `NotReady`: there were too many wrong ones."""
        for key, most in (((name, address), MOST), ((name,), MOST_OF_A_NAME)):
            times = self._of(key)
            if len(times) >= most:
                wait = max(1, round(times[0] + SECONDS - self._clock()))
                raise NotReady(f"too many wrong passwords; try again in {wait} seconds, or use a token", after=wait)

    def note(self, name: str, address: str) -> None:
        """That was a wrong one."""
        for key in ((name, address), (name,)):
            self._wrong.setdefault(key, deque(maxlen=MOST_OF_A_NAME)).append(self._clock())
            self._wrong.move_to_end(key)
        while len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)

    def forget(self, name: str, address: str) -> None:
        """That was the right one."""
        self._wrong.pop((name, address), None)

    def _of(self, key: tuple[str, ...]) -> deque[float]:
        times = self._wrong.get(key, deque())
        while times and times[0] < self._clock() - SECONDS:
            times.popleft()
        return times
