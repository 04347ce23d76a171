"""Recent: what a process remembers of what was asked for last; losing it costs a few reads."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


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
        weight = self._weigh(value)
        if weight > self._limit:
            return
        self._kept[key] = (self._clock() + self._seconds, value)
        self._weight += weight
        while self._weight > self._limit:
            self._weight -= self._weigh(self._kept.popitem(last=False)[1][1])

    def drop(self, key: Hashable) -> None:
        """Forget a value."""
        if (old := self._kept.pop(key, None)) is not None:
            self._weight -= self._weigh(old[1])
