"""FlatBuffers: tables and vectors by their offsets, each checked against the buffer before it is followed."""

from collections.abc import Sequence

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.source import BytesSource, Source

PAGE = 64 << 10
PAGES = 64
"""Pages that are kept: offsets lead back and forth, mostly within a few."""


class Buffer:
    """A buffer of which every offset is checked. Methods raise `Unreadable` where one leads out of it."""

    def __init__(self, data: bytes | Source, budget: Budget, size: int | None = None) -> None:
        """Of a source, `size` bytes are the buffer: all of it, where nothing is said."""
        self._source = BytesSource(data) if isinstance(data, bytes) else data
        self._budget = budget
        self._pages: dict[int, bytes] = {}
        self.size = self._source.size if size is None else min(size, self._source.size)
        self.end = 0
        """Behind the last byte that anything led to so far."""

    def number(self, at: int, size: int, *, signed: bool = False) -> int:
        """A number in the buffer."""
        self._budget.spend_values()
        return int.from_bytes(self._bytes(at, size), "little", signed=signed)

    def root(self) -> int:
        """The root table's place."""
        return self.number(0, 4)

    def slot(self, table: int, index: int) -> int | None:
        """Where a field of a table stands; None where the table leaves it out."""
        shape = table - self.number(table, 4, signed=True)
        if 4 + 2 * index >= self.number(shape, 2):
            return None
        offset = self.number(shape + 4 + 2 * index, 2)
        return table + offset if offset else None

    def value(self, table: int, index: int, size: int, *, signed: bool = False) -> int:
        """The number in a field; zero without one."""
        at = self.slot(table, index)
        return 0 if at is None else self.number(at, size, signed=signed)

    def follow(self, at: int) -> int:
        """Where the offset that stands there leads."""
        return at + self.number(at, 4)

    def table(self, table: int, index: int) -> int | None:
        """The table in a field."""
        at = self.slot(table, index)
        return None if at is None else self.follow(at)

    def vector(self, table: int, index: int, size: int = 4) -> Sequence[int]:
        """Where the items of the vector in a field stand. For tables, `follow` each."""
        at = self.slot(table, index)
        if at is None:
            return ()
        start = self.follow(at) + 4
        count = self.number(start - 4, 4)
        self._reach(start + count * size, f"a vector of {count} items")
        return range(start, start + count * size, size)

    def tables(self, table: int, index: int) -> Sequence[int]:
        """The tables of the vector in a field."""
        return [self.follow(at) for at in self.vector(table, index)]

    def text(self, table: int, index: int) -> str:
        """The text in a field; empty without one."""
        at = self.slot(table, index)
        if at is None:
            return ""
        start = self.follow(at) + 4
        size = self.number(start - 4, 4)
        self._reach(start + size, f"a text of {size} bytes")
        self._budget.check_string(size)
        return self._source.read(start, size).decode("utf-8", "replace")

    def _reach(self, end: int, what: str) -> None:
        if end > self.size:
            raise Unreadable(f"{what} that is longer than the buffer")
        self.end = max(self.end, end)

    def _bytes(self, at: int, size: int) -> bytes:
        if at < 0 or at + size > self.size:
            raise Unreadable(f"an offset to {at}, outside of the buffer's {self.size} bytes")
        self.end = max(self.end, at + size)
        number, offset = divmod(at, PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._load(number)
        data = page[offset : offset + size]
        if len(data) < size:
            data = self._source.read(at, size)
        return data

    def _load(self, number: int) -> bytes:
        if len(self._pages) >= PAGES:
            del self._pages[next(iter(self._pages))]
        page = self._pages[number] = self._source.read(number * PAGE, PAGE)
        return page
