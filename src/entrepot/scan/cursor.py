"""Reading a binary header from front to back: few large reads of the source, and never beyond its end."""

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.source import Source

_STEP = 256 << 10
_FIRST = 16 << 10


class Cursor:
    """A place in a source that moves on as it is read. Every method raises `Unreadable` where the bytes end."""

    __slots__ = ("_at", "_base", "_budget", "_data", "_order", "_source", "_step")

    def __init__(self, source: Source, budget: Budget, at: int = 0) -> None:
        self._source = source
        self._budget = budget
        self._base = at
        self._data = b""
        self._at = 0
        self._step = _FIRST
        self._order = "little"

    @property
    def at(self) -> int:
        """The place of the next byte."""
        return self._base + self._at

    def big_endian(self) -> None:
        """Take numbers the other way around from now on."""
        self._order = "big"

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self._at + size
        if end > len(self._data):
            self._load(size)
            end = size
        data = self._data[self._at : end]
        self._at = end
        return data

    def peek(self) -> bytes:
        """The next byte, which stays the next."""
        byte = self.take(1)
        self._at -= 1
        return byte

    def skip(self, size: int) -> None:
        """Pass over bytes without holding them."""
        if self._at + size <= len(self._data):
            self._at += size
            return
        place = self.at + size
        if size and not self._source.read(place - 1, 1):
            raise Unreadable(f"the bytes end before byte {place}")
        self._base, self._data, self._at = place, b"", 0

    def unsigned(self, size: int) -> int:
        """The next number of that many bytes."""
        return int.from_bytes(self.take(size), self._order)  # type: ignore[arg-type]

    def unsigned_big(self, size: int) -> int:
        """The next number of that many bytes, its highest byte first."""
        return int.from_bytes(self.take(size), "big")

    def _load(self, size: int) -> None:
        self._budget.check_string(size)
        self._base += self._at
        self._data = self._source.read(self._base, max(size, self._step))
        self._at = 0
        self._step = _STEP
        if len(self._data) < size:
            raise Unreadable(f"the bytes end before byte {self._base + size}")
