"""FlatBuffers: tables and vectors by their offsets, each checked against the buffer before it is followed."""

from entrepot.scan.budget import Budget, Unreadable


class Buffer:
    """A buffer of which every offset is checked. Methods raise `Unreadable` where one leads out of it."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data = data
        self._budget = budget

    def number(self, at: int, size: int, *, signed: bool = False) -> int:
        """A number in the buffer."""
        self._budget.spend_values()
        if at < 0 or at + size > len(self._data):
            raise Unreadable(f"an offset to {at}, outside of the buffer's {len(self._data)} bytes")
        return int.from_bytes(self._data[at : at + size], "little", signed=signed)

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

    def follow(self, at: int) -> int:
        """Where the offset that stands there leads."""
        return at + self.number(at, 4)

    def table(self, table: int, index: int) -> int | None:
        """The table in a field."""
        at = self.slot(table, index)
        return None if at is None else self.follow(at)

    def vector(self, table: int, index: int, size: int = 4) -> list[int]:
        """Where the items of the vector in a field stand. For tables, `follow` each."""
        at = self.slot(table, index)
        if at is None:
            return []
        start = self.follow(at)
        count = self.number(start, 4)
        if start + 4 + count * size > len(self._data):
            raise Unreadable(f"a vector of {count} items that is longer than the buffer")
        return [start + 4 + number * size for number in range(count)]

    def text(self, table: int, index: int) -> str:
        """The text in a field; empty without one."""
        at = self.slot(table, index)
        if at is None:
            return ""
        start = self.follow(at)
        size = self.number(start, 4)
        if start + 4 + size > len(self._data):
            raise Unreadable(f"a text of {size} bytes that is longer than the buffer")
        return self._data[start + 4 : start + 4 + size].decode("utf-8", "replace")
