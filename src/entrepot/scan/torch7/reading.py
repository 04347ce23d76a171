"""Torch7's objects one after another (File.lua): what strings, functions and values there are, none of them made."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.cursor import Cursor
from entrepot.scan.source import Source

NIL, NUMBER, STRING, TABLE, OBJECT, BOOLEAN, FUNCTION, OLD_RECURSIVE, RECURSIVE = range(9)
MAX_NAME = 1 << 12
_WIDTHS = {
    "Byte": 1,
    "Char": 1,
    "Short": 2,
    "Int": 4,
    "Long": 8,
    "Float": 4,
    "Double": 8,
    "Half": 2,
    "Cuda": 4,
    "CudaByte": 1,
    "CudaChar": 1,
    "CudaShort": 2,
    "CudaInt": 4,
    "CudaLong": 8,
    "CudaDouble": 8,
    "CudaHalf": 2,
}


@dataclass(frozen=True, slots=True)
class Part:
    """A string, a function or a storage's values: where it is, and how long."""

    kind: int
    at: int
    size: int
    name: str = ""


class Binary:
    """Numbers as the machines had them that there are: little-endian."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def integer(self) -> int:
        """A number of four bytes."""
        value = self.cursor.unsigned(4)
        return value - (1 << 32) if value >> 31 else value

    def long(self) -> int:
        """A number of eight bytes."""
        value = self.cursor.unsigned(8)
        return value - (1 << 64) if value >> 63 else value

    def real(self) -> None:
        """Pass a floating-point number."""
        self.cursor.skip(8)

    def values(self, count: int, width: int) -> None:
        """Pass a storage's values."""
        self.cursor.skip(count * width)

    def block(self, kind: int, size: int, name: str = "") -> Part:
        """A string or function of that size."""
        part = Part(kind, self.cursor.at, size, name)
        self.cursor.skip(size)
        return part


class Ascii:
    """Numbers as words in lines."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def integer(self) -> int:
        """A number; the white space behind it is passed."""
        word = bytearray()
        byte = self.cursor.take(1)
        while byte.isspace():
            byte = self.cursor.take(1)
        while not byte.isspace() and len(word) < 64:
            word += byte
            byte = self.cursor.take(1)
        try:
            return int(float(word)) if b"." in word or b"e" in word else int(word)
        except (ValueError, OverflowError):
            raise Unreadable(f"no number where one should be, before byte {self.cursor.at}") from None

    long = integer

    def real(self) -> None:
        """Pass a floating-point number."""
        self.values(1, 8)

    def values(self, count: int, width: int) -> None:
        """Pass a storage's values: words, but for characters, which stand as they are."""
        if width == 1:
            self.cursor.skip(count)
            return
        for _ in range(count):
            while self.cursor.take(1).isspace():
                pass
            while not self.cursor.take(1).isspace():
                pass

    def block(self, kind: int, size: int, name: str = "") -> Part:
        """A string or function of that size, and the end of its line."""
        part = Part(kind, self.cursor.at, size, name)
        self.cursor.skip(size)
        self.cursor.take(1)
        return part


def parts(source: Source, budget: Budget, *, is_text: bool) -> Iterator[Part | int]:
    """The parts of the file's one object in their order; last, where it ends. Raises `Unreadable`."""
    cursor = Cursor(source, budget)
    stream = Ascii(cursor) if is_text else Binary(cursor)
    seen: set[int] = set()
    waiting = 1
    while waiting:
        waiting -= 1
        budget.spend_values()
        kind = stream.integer()
        if kind == NUMBER:
            stream.real()
        elif kind == BOOLEAN:
            stream.integer()
        elif kind == STRING:
            yield stream.block(STRING, _size(stream.integer()))
        elif kind in (TABLE, OBJECT, FUNCTION, OLD_RECURSIVE, RECURSIVE):
            number = stream.integer()
            if number in seen:
                continue
            seen.add(number)
            more = yield from _opened(kind, stream, source)
            waiting += more
        elif kind != NIL:
            raise Unreadable(f"an object of the unknown type {kind}, before byte {cursor.at}")
    yield cursor.at


def _size(size: int, most: int = 1 << 48) -> int:
    if not 0 <= size <= most:
        raise Unreadable(f"a length of {size}")
    return size


def _opened(kind: int, stream: Binary | Ascii, source: Source) -> Generator[Part, None, int]:
    """The parts of what begins there; returns how many objects follow for it."""
    if kind == TABLE:
        return 2 * _size(stream.integer(), 1 << 31)
    if kind != OBJECT:
        yield stream.block(FUNCTION, _size(stream.integer()))
        return 1
    name = _name(stream, source)
    if name.startswith("V "):
        name = _name(stream, source)
    short = name.removeprefix("torch.")
    if short.endswith("Storage") and short[:-7] in _WIDTHS:
        count, width = _size(stream.long()), _WIDTHS[short[:-7]]
        start = stream.cursor.at
        stream.values(count, width)
        yield Part(OBJECT, start, stream.cursor.at - start, name)
        return 0
    if short.endswith("Tensor") and short[:-6] in _WIDTHS:
        dimensions = _size(stream.integer(), 1 << 10)
        for _ in range(2 * dimensions + 1):
            stream.long()
        return 1
    yield Part(OBJECT, stream.cursor.at, 0, name)
    return 1


def _name(stream: Binary | Ascii, source: Source) -> str:
    part = stream.block(STRING, _size(stream.integer(), MAX_NAME))
    return source.read(part.at, part.size).decode("utf-8", "replace")
