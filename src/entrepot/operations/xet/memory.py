"""What one process remembers between the requests of Xet clients; losing it costs a few reads."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from entrepot.domain.content import File, Revision
from entrepot.domain.names import FilePath
from entrepot.repositories import Repository
from entrepot.xet.xorb import XorbIndex

V = TypeVar("V")

INDEX_BYTES = 32 << 20
"""How much memory indexes of xorbs may take: those of some 50 GiB."""
LISTED_FILES = 200_000
"""How many files' hashes are remembered, in all listings together."""
SECONDS = 10.0
"""How long a place is taken for what it was; what a person changes takes effect after this long at the latest."""
VERIFYING = 2
"""How many xorbs are verified at once: each takes a core, and up to 64 MiB of memory."""
READING = 2
"""How many shards are worked on at once: each takes a core, and much memory where it is large."""


class Recent(Generic[V]):
    """The values that were asked for last, up to a total weight, each for so many seconds."""

    def __init__(
        self,
        limit: int,
        weigh: Callable[[V], int] = lambda _: 1,
        seconds: float = float("inf"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._weigh, self._seconds, self._clock = limit, weigh, seconds, clock
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        self._weight = 0

    def get(self, key: Hashable) -> V | None:
        """The value under that key, where it is still remembered."""
        found = self._kept.get(key)
        if found is None or found[0] < self._clock():
            return None
        self._kept.move_to_end(key)
        return found[1]

    def put(self, key: Hashable, value: V) -> None:
        """Remember a value; one that is too heavy by itself is not."""
        self.drop(key)
        self._kept[key] = (self._clock() + self._seconds, value)
        self._weight += self._weigh(value)
        while self._weight > self._limit:
            self._weight -= self._weigh(self._kept.popitem(last=False)[1][1])

    def drop(self, key: Hashable) -> None:
        """Forget a value."""
        if (old := self._kept.pop(key, None)) is not None:
            self._weight -= self._weigh(old[1])


Place = tuple[Repository, Revision, File]
"""A file where it stands: what the gate needs to know of it."""


class XetMemory:
    """Indexes of xorbs, hashes of listed files, places, and turns at heavy work."""

    def __init__(self) -> None:
        self.indexes: Recent[XorbIndex] = Recent(INDEX_BYTES, lambda index: 41 * len(index) + 500)
        self.listings: Recent[dict[str, FilePath]] = Recent(LISTED_FILES, len, seconds=600)
        self.places: Recent[Place] = Recent(10_000, seconds=SECONDS)
        self.ranges: Recent[list[tuple[int, int]]] = Recent(100_000, lambda ranges: len(ranges) + 1, seconds=600)
        self.verifying = asyncio.Semaphore(VERIFYING)
        self.reading = asyncio.Semaphore(READING)
