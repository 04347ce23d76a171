"""Flights: one fetch from upstream, shared by all who ask for the same file, readable while it lands."""

from datetime import timedelta
from pathlib import Path

LEFT_FOR = timedelta(days=1)
"""How long what a dead flight left is kept for somebody to resume."""


class Flights:
    """The flights of this process; those of other processes on the same staging folder are joined, not repeated."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def close(self, grace: float) -> None:
        """Wait at most `grace` seconds for what is under way, then leave the rest to be resumed."""

    async def sweep(self, older_than: timedelta = LEFT_FOR) -> int:
        """Remove what dead flights left behind; how many bytes that freed."""
        return 0
