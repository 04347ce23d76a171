"""Universal Binary JSON, value by value: arrays of numbers are passed by their length, and nothing is built."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.cursor import Cursor
from entrepot.scan.source import Source

MAX_DEPTH = 512
MAX_TEXT = 1 << 20
_WIDTHS = {b"Z": 0, b"N": 0, b"T": 0, b"F": 0, b"i": 1, b"U": 1, b"C": 1, b"I": 2, b"l": 4, b"d": 4, b"L": 8, b"D": 8}
_NUMBERS = frozenset((b"i", b"U", b"I", b"l", b"L"))


class Bomb(Exception):
    """More is claimed than any reader should make room for; `args` say what, and where."""


@dataclass(slots=True)
class _Frame:
    is_object: bool
    kind: bytes
    """The type of all its values, where they have one."""
    left: int
    """Values to come; -1 where an end is to come instead."""


def texts(source: Source, budget: Budget) -> Iterator[tuple[int, bytes] | int]:
    """The texts and keys of one value with their places, the first MiB of each; last, where the value ends.
    Raises `Unreadable` and `Bomb`."""
    walk = _Walk(source, budget)
    yield from walk.value(walk.mark())
    while walk.frames:
        yield from walk.next()
    yield walk.cursor.at


class _Walk:
    def __init__(self, source: Source, budget: Budget) -> None:
        self.cursor = Cursor(source, budget)
        self.cursor.big_endian()
        self.frames: list[_Frame] = []
        self._budget = budget
        self._size = source.size

    def mark(self) -> bytes:
        """The next mark that is no filling."""
        mark = self.cursor.take(1)
        while mark == b"N":
            self._budget.spend_values()
            mark = self.cursor.take(1)
        return mark

    def next(self) -> Iterator[tuple[int, bytes]]:
        """The next value of the innermost collection, or its end."""
        self._budget.spend_values()
        frame = self.frames[-1]
        if not frame.left:
            self.frames.pop()
            return
        mark = self.mark() if frame.left < 0 or (frame.is_object or not frame.kind) else b""
        if frame.left < 0 and mark == (b"}" if frame.is_object else b"]"):
            self.frames.pop()
            return
        frame.left -= frame.left > 0
        if frame.is_object:
            yield self._text(mark)
            mark = frame.kind or self.mark()
        yield from self.value(frame.kind or mark)

    def value(self, mark: bytes) -> Iterator[tuple[int, bytes]]:
        """A value of that type."""
        if mark in _WIDTHS:
            self.cursor.skip(_WIDTHS[mark])
        elif mark in (b"S", b"H"):
            yield self._text(self.cursor.take(1))
        elif mark in (b"[", b"{"):
            self._open(is_object=mark == b"{")
        else:
            raise Unreadable(f"a value of the unknown type {mark!r}, before byte {self.cursor.at}")

    def _number(self, mark: bytes) -> int:
        if mark not in _NUMBERS:
            raise Unreadable(f"no length where one should be, before byte {self.cursor.at}")
        value = self.cursor.unsigned(_WIDTHS[mark])
        if mark != b"U" and value >> (8 * _WIDTHS[mark] - 1):
            raise Unreadable(f"a negative length, before byte {self.cursor.at}")
        return value

    def _text(self, mark: bytes) -> tuple[int, bytes]:
        size = self._number(mark)
        at = self.cursor.at
        if size > self._size - at:
            raise Bomb(f"a text of {size} bytes where {self._size - at} are left", at)
        data = self.cursor.take(size) if size <= MAX_TEXT else b""
        if not data:
            self.cursor.skip(size)
        return at, data

    def _open(self, *, is_object: bool) -> None:
        if len(self.frames) >= MAX_DEPTH:
            raise Bomb(f"values nested more than {MAX_DEPTH} deep", self.cursor.at)
        frame = _Frame(is_object, b"", -1)
        place = self.cursor.at
        mark = self.cursor.peek()
        if mark == b"$":
            self.cursor.take(1)
            frame.kind = self.cursor.take(1)
            mark = self.cursor.peek()
        if mark == b"#":
            self.cursor.take(1)
            frame.left = self._number(self.cursor.take(1))
        elif frame.kind:
            raise Unreadable(f"a typed collection without a count at {place}")
        width = _WIDTHS.get(frame.kind, 1) if not is_object else 1
        if frame.left > 0 and frame.left * width > self._size - self.cursor.at:
            raise Bomb(f"a collection of {frame.left} values where {self._size - self.cursor.at} bytes are left", place)
        if frame.kind in _WIDTHS and not is_object:
            self.cursor.skip(frame.left * width)
            return
        self.frames.append(frame)
