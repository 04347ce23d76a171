"""Marshalled values of Python 2.7 to 3.14, as plain data: code objects become descriptions of themselves."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from entrepot.scan.budget import Unreadable

MAX_DEPTH = 100
MAX_VALUES = 500_000


@dataclass(frozen=True, slots=True)
class Code:
    """A code object: its bytecode, and what it mentions."""

    name: str
    bytecode: bytes
    constants: "tuple[Value, ...]"
    names: tuple[str, ...]
    layout: str

    def walk(self) -> "Iterator[Code]":
        """This one, and those of the functions in it."""
        yield self
        for constant in self.constants:
            if isinstance(constant, Code):
                yield from constant.walk()


Value: TypeAlias = "None | bool | int | float | str | bytes | tuple[Value, ...] | Code"

# The fields of a code object in their order: i is a number, others are values. By the versions that write them so.
_LAYOUTS = {
    "3.11 and later": ("i i i i i", "code consts names plus kinds filename name qualname", "i", "lines exceptions"),
    "3.8 to 3.10": ("i i i i i i", "code consts names varnames free cell filename name", "i", "lines"),
    "3.0 to 3.7": ("i i i i i", "code consts names varnames free cell filename name", "i", "lines"),
    "2.7": ("i i i i", "code consts names varnames free cell filename name", "i", "lines"),
}


def read(data: bytes) -> Value:
    """The value, in whichever layout it reads to its end. Raises `Unreadable` where it does in none."""
    problem = "no marshalled value"
    for layout in _LAYOUTS:
        reader = _Reader(data, layout)
        try:
            value = reader.value(0)
        except Unreadable as error:
            problem = str(error)
            continue
        if reader.found_code or layout == next(iter(_LAYOUTS)):
            return value
    raise Unreadable(problem)


class _Reader:
    def __init__(self, data: bytes, layout: str) -> None:
        self._data = data
        self._at = 0
        self._layout = layout
        self._references: list[Value] = []
        self._values = 0
        self.found_code = False

    def value(self, depth: int) -> Value:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise Unreadable("marshalled values that are nested too deep, or too many")
        first = self._take(1)[0]
        is_shared, kind = bool(first & 0x80), chr(first & 0x7F)
        slot = len(self._references)
        if is_shared and kind != "r":
            self._references.append(None)
        value = self._of(kind, depth)
        if is_shared and kind != "r":
            self._references[slot] = value
        return value

    def _of(self, kind: str, depth: int) -> Value:
        if kind in _SIMPLE:
            return _SIMPLE[kind]
        if kind in "isgylIfx":
            return self._scalar(kind)
        if kind in "zZaAutRr":
            return self._text(kind)
        if kind in "()[<>{":
            return self._items(kind, depth)
        if kind == "c":
            return self._code(depth)
        if kind == ":":
            return tuple(self.value(depth + 1) for _ in range(3))
        raise Unreadable(f"no kind of marshalled value: {kind!r} at {self._at - 1}")

    def _scalar(self, kind: str) -> Value:
        match kind:
            case "i":
                return self._number()
            case "I":
                return int.from_bytes(self._take(8), "little", signed=True)
            case "g":
                return float(struct.unpack("<d", self._take(8))[0])
            case "y":
                return struct.unpack("<dd", self._take(16))[0]  # type: ignore[no-any-return]
            case "f" | "x":
                for _ in range(2 if kind == "x" else 1):
                    self._take(self._take(1)[0])
                return 0.0
            case "l":
                self._take(2 * abs(self._number()))
                return 0
        return self._take(self._size())

    def _text(self, kind: str) -> Value:
        match kind:
            case "z" | "Z":
                return self._take(self._take(1)[0]).decode("latin-1")
            case "r" | "R":
                at = self._size_of_any()
                if at >= len(self._references):
                    raise Unreadable("a reference to a value that is not there")
                return self._references[at]
            case "t" | "u":
                return self._take(self._size()).decode("utf-8", "replace")
        return self._take(self._size()).decode("latin-1")

    def _items(self, kind: str, depth: int) -> Value:
        if kind == "{":
            found: list[Value] = []
            while self._data[self._at : self._at + 1] != b"0":
                found += [self.value(depth + 1), self.value(depth + 1)]
            self._take(1)
            return tuple(found)
        count = self._take(1)[0] if kind == ")" else self._size()
        return tuple(self.value(depth + 1) for _ in range(count))

    def _code(self, depth: int) -> Code:
        self.found_code = True
        numbers, middle, line, last = _LAYOUTS[self._layout]
        for _ in numbers.split():
            self._number()
        fields = {field: self.value(depth + 1) for field in middle.split()}
        for _ in line.split():
            self._number()
        for _ in last.split():
            self.value(depth + 1)
        bytecode, constants, names, name = fields["code"], fields["consts"], fields["names"], fields["name"]
        if not isinstance(bytecode, bytes | str) or not isinstance(constants, tuple) or not isinstance(names, tuple):
            raise Unreadable("no code object in this layout")
        raw = bytecode.encode("latin-1", "replace") if isinstance(bytecode, str) else bytecode
        return Code(str(name), raw, constants, tuple(_name(one) for one in names), self._layout)

    def _number(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _size(self) -> int:
        size = self._number()
        if size < 0 or size > len(self._data) - self._at:
            raise Unreadable("a marshalled value that is longer than its file")
        return size

    def _size_of_any(self) -> int:
        return max(0, self._number())

    def _take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise Unreadable("marshalled values that end too early")
        self._at += size
        return piece


def _name(value: Value) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


_SIMPLE: dict[str, Value] = {"0": None, "N": None, "T": True, "F": False, "S": None, ".": None}
