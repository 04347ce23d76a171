"""How far it is, for people who wait: a bar on a terminal, once it takes longer than a moment."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 1.0
_WIDTH = 30
_EVERY_SECONDS = 0.1


@contextmanager
def shown(total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function that is told how many more files are finished."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    bar = _Bar(total)
    try:
        yield bar.advance
    finally:
        bar.clear()


class _Bar:
    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._next = time.monotonic() + PATIENCE_SECONDS
        self._drawn = False

    def advance(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_SECONDS
            self._drawn = True
            filled = _WIDTH * self._done // max(1, self._total)
            bar = "█" * filled + "░" * (_WIDTH - filled)
            sys.stderr.write(f"\r{bar} {self._done:,} of {self._total:,} files")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
