"""Where a file's bytes come from, on the way out and for our own purposes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol


class Source(Protocol):
    """The bytes of one file: in the store, in chunks, or in a flight that is still under way."""

    @property
    def path(self) -> Path | None:
        """A file of this machine with exactly these bytes; None where there is none, or not yet."""

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`, in pieces."""
