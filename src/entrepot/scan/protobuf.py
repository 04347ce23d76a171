"""Protocol Buffers' wire format: fields by number, without a schema, and without holding what is large."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.source import Source

IN_MEMORY = 4 << 20
"""Messages up to this size are read at once; of larger ones, each field's beginning."""
_AHEAD = 64 << 10
_SHOWN = 512
_VARINT, _FIXED64, _LENGTH, _START, _END, _FIXED32 = range(6)


@dataclass(frozen=True, slots=True)
class Field:
    """A field: a number, or the bytes of a text or message."""

    number: int
    value: "int | View"

    @property
    def view(self) -> "View":
        """The bytes. Raises `Unreadable` for a field that is a number."""
        if isinstance(self.value, int):
            raise Unreadable(f"field {self.number} is a number where bytes should be")
        return self.value

    @property
    def integer(self) -> int:
        """The number. Raises `Unreadable` for a field that is bytes."""
        if not isinstance(self.value, int):
            raise Unreadable(f"field {self.number} is bytes where a number should be")
        return self.value


class View:
    """A part of a source, as a message, a text or bytes."""

    __slots__ = ("_budget", "_data", "_source", "size", "start")

    def __init__(self, source: Source, budget: Budget, start: int, size: int, data: bytes | None = None) -> None:
        self._source = source
        self._budget = budget
        self.start = start
        self.size = size
        self._data = data

    def raw(self, limit: int | None = None) -> bytes:
        """The bytes, or the first of them."""
        size = self.size if limit is None else min(limit, self.size)
        if self._data is not None:
            return self._data[:size]
        self._budget.check_string(size)
        data = self._source.read(self.start, size)
        if len(data) < size:
            raise Unreadable(f"a field of {self.size} bytes at {self.start} that the file does not have")
        return data

    def text(self, limit: int = 4096) -> str:
        """The text, or its beginning."""
        return self.raw(limit).decode("utf-8", "replace")

    def fields(self) -> Iterator[Field]:
        """The fields in their order. Raises `Unreadable` where the bytes are no message."""
        if self.size <= IN_MEMORY:
            yield from self._of(self.raw(), self.start)
        else:
            yield from self._sparsely()

    def all(self, number: int) -> "Iterator[View]":
        """The texts or messages in the fields of that number."""
        return (field.view for field in self.fields() if field.number == number and not isinstance(field.value, int))

    def first(self, number: int) -> "View | None":
        """The first of them."""
        return next(self.all(number), None)

    def named(self, number: int) -> str:
        """The text in the last field of that number, as readers take it; empty without one."""
        found = ""
        for view in self.all(number):
            found = view.text()
        return found

    def integer(self, number: int) -> int:
        """The number in the last field of that number; 0 without one."""
        found = 0
        for field in self.fields():
            if field.number == number and isinstance(field.value, int):
                found = field.value
        return found

    def _of(self, data: bytes, start: int) -> Iterator[Field]:
        at, end, groups = 0, len(data), 0
        while at < end:
            self._budget.spend_values()
            key, at = varint(data, at)
            number, kind = key >> 3, key & 7
            if kind in (_START, _END):
                groups = _grouped(groups, kind)
                continue
            if kind == _VARINT:
                value, at = varint(data, at)
                if not groups:
                    yield Field(number, value)
                continue
            size, at = _size(data, at, kind)
            if at + size > end or number == 0:
                raise Unreadable(f"a field that is longer than its message, at {start + at}")
            if groups:
                pass
            elif kind == _LENGTH:
                view = View(self._source, self._budget, start + at, size, data[at : at + size])
                yield Field(number, view)
            else:
                yield Field(number, int.from_bytes(data[at : at + size], "little"))
            at += size

    def _sparsely(self) -> Iterator[Field]:
        at, end, groups = self.start, self.start + self.size, 0
        ahead, base = b"", at
        while at < end:
            self._budget.spend_values()
            if at + 20 > base + len(ahead) and base + len(ahead) < end:
                ahead, base = self._source.read(at, min(_AHEAD, end - at)), at
            key, place = varint(ahead, at - base)
            number, kind = key >> 3, key & 7
            if kind in (_START, _END):
                groups, at = _grouped(groups, kind), base + place
                continue
            if kind == _VARINT:
                value, place = varint(ahead, place)
                if not groups:
                    yield Field(number, value)
                at = base + place
                continue
            size, place = _size(ahead, place, kind)
            at = base + place
            if at + size > end or number == 0:
                raise Unreadable(f"a field that is longer than its message, at {at}")
            held = ahead[place : place + size] if place + size <= len(ahead) else None
            view = View(self._source, self._budget, at, size, held)
            at += size
            if not groups:
                yield Field(number, view if kind == _LENGTH else int.from_bytes(view.raw(), "little"))


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends. Raises `Unreadable`."""
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise Unreadable("a number that does not end")


def _grouped(groups: int, kind: int) -> int:
    """How many groups are open behind a mark. Readers that don't know a group pass over it, and so do we."""
    groups += 1 if kind == _START else -1
    if groups < 0:
        raise Unreadable("a group that ends and never began")
    return groups


def _size(data: bytes, at: int, kind: int) -> tuple[int, int]:
    if kind == _LENGTH:
        return varint(data, at)
    if kind in (_FIXED32, _FIXED64):
        return (4 if kind == _FIXED32 else 8), at
    raise Unreadable(f"a field of the unknown kind {kind}")


def outline(head: bytes, most: int = 12) -> list[tuple[int, int, bytes]] | None:
    """The number, kind and first bytes of the top fields that the first bytes of a message show; None for no message.

    A field that is cut where the bytes end is shown as far as it goes.
    """
    found: list[tuple[int, int, bytes]] = []
    at = 0
    try:
        while at < len(head) and len(found) < most:
            key, at = varint(head, at)
            number, kind = key >> 3, key & 7
            if not 0 < number < 1 << 20 or kind in (3, 4, 6, 7):
                return None
            if kind == _VARINT:
                value, at = varint(head, at)
                found.append((number, kind, str(value).encode()))
                continue
            size, at = _size(head, at, kind)
            found.append((number, kind, head[at : at + min(size, _SHOWN)]))
            at += size
    except Unreadable:
        return found or None
    return found
