"""The header of a GGUF file, versions 1 to 3 in both byte orders, read as strictly as its C readers should."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from entrepot.domain.report import Finding, Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.cursor import Cursor
from entrepot.scan.rules import found
from entrepot.scan.source import Source

STRING, ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
MAX_DIMENSIONS = 4
MAX_NAME = 64
"""What ggml keeps of a tensor's name, its closing zero included."""
MAX_KEY = 65_535
MAX_ALIGNMENT = 1 << 20
_ABSURD = 1 << 40
"""A length that no file has: it is there to make arithmetic wrap around, not cut off by accident."""
_ENDLESS = 1 << 63
LONG = 24
"""Bytes of one string in a list that may be more than a token."""
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 4: (32, 20), 5: (32, 24), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    31: (32, 18), 32: (32, 18), 33: (32, 18), 34: (256, 54), 35: (256, 66), 36: (32, 18), 37: (32, 18), 38: (32, 18),
    39: (32, 17), 40: (64, 36),
}  # fmt: skip
"""Values of one block, and its bytes, by ggml's type number."""


def reaches_out(value: bytes) -> bool:
    """Whether a text is a template that reaches for Python's own names, wherever it stands."""
    return b"__" in value and (b"{{" in value or b"{%" in value)


class Corrupt(Unreadable):
    """The header breaks off at something that is a finding of its own."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Text:
    """A string among the metadata, and where it stands."""

    key: str
    value: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor; `size` is None where its type is unknown."""

    name: str
    offset: int
    size: int | None
    at: int


@dataclass(slots=True)
class Header:
    """What was read so far."""

    tensors: list[Tensor] = field(default_factory=list)
    alignment: int = 32
    data: int = 0
    unknown: set[int] = field(default_factory=set)


class Reader:
    """Reads one header; what is found on the way is yielded, and `header` fills up."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self._cursor = Cursor(source, budget)
        self._budget = budget
        self._size = source.size
        self._wide = 8
        self.header = Header()

    def read(self) -> Iterator[Finding | Text]:
        """Metadata and tensors in their order. Raises `Corrupt` and `Unreadable`."""
        cursor = self._cursor
        cursor.take(4)
        version = cursor.take(4)
        if int.from_bytes(version, "little") & 0xFFFF == 0:
            cursor.big_endian()
            version = version[::-1]
        number = int.from_bytes(version, "little")
        if number not in (1, 2, 3):
            raise Unreadable(f"GGUF of version {number}")
        self._wide = 4 if number == 1 else 8
        tensors, pairs = self._count("tensors", 24), self._count("metadata", 13)
        keys: set[str] = set()
        for _ in range(pairs):
            yield from self._pair(keys)
        names: set[str] = set()
        for _ in range(tensors):
            yield from self._tensor(names)
        align = self.header.alignment
        self.header.data = -(-cursor.at // align) * align

    def _pair(self, keys: set[str]) -> Iterator[Finding | Text]:
        self._budget.spend_values()
        at = self._cursor.at
        key = self._string("a key", MAX_KEY).decode("utf-8", "replace")
        if key in keys:
            yield found("gguf.repeated-name", f"the key {key!r} stands twice", at=Location(offset=at))
        keys.add(key)
        kind = self._cursor.unsigned(4)
        if kind == ARRAY:
            yield from self._array(key)
        elif kind == STRING:
            at = self._cursor.at
            yield Text(key, self._string(f"the value of {key}"), at)
        else:
            value = self._scalar(kind, key)
            if key == "general.alignment":
                self._align(value, at)

    def _scalar(self, kind: int, key: str) -> int:
        if kind not in _SIZES:
            raise self._corrupt(f"{key!r} is of the unknown type {kind}")
        return self._cursor.unsigned(_SIZES[kind])

    def _align(self, value: int, at: int) -> None:
        if not 0 < value <= MAX_ALIGNMENT or value & (value - 1):
            raise self._corrupt(f"an alignment of {value} bytes", at)
        self.header.alignment = value

    def _array(self, key: str) -> Iterator[Text]:
        kind = self._cursor.unsigned(4)
        if kind == ARRAY:
            raise self._corrupt(f"{key!r} is an array of arrays, which its readers don't check")
        size = self._wide if kind == STRING else _SIZES.get(kind)
        if size is None:
            raise self._corrupt(f"{key!r} is an array of the unknown type {kind}")
        count = self._count(f"values of {key}", size)
        if kind != STRING:
            self._cursor.skip(count * size)
            return
        template = "template" in key
        for index in range(count):
            self._budget.spend_values()
            at = self._cursor.at
            length = self._length(f"a string of {key}")
            if not template and length < LONG:
                self._cursor.skip(length)
                continue
            value = self._cursor.take(length)
            if template or reaches_out(value):
                yield Text(f"{key}[{index}]", value, at)

    def _tensor(self, names: set[str]) -> Iterator[Finding]:
        self._budget.spend_values()
        at = self._cursor.at
        raw = self._string("a tensor's name", MAX_KEY)
        name = raw.decode("utf-8", "replace")
        if len(raw) >= MAX_NAME:
            message = f"a tensor's name of {len(raw)} bytes, of which readers keep {MAX_NAME - 1}: {name}"
            yield found("gguf.overflow", message, at=Location(offset=at))
        if name in names:
            yield found("gguf.repeated-name", f"two tensors are named {name!r}", at=Location(offset=at))
        names.add(name)
        number = self._cursor.unsigned(4)
        if number > MAX_DIMENSIONS:
            raise self._corrupt(f"the tensor {name!r} has {number} dimensions, and readers have room for four", at)
        values = 1
        for _ in range(number):
            values *= self._cursor.unsigned(self._wide)
        if values >= _ENDLESS:
            raise self._corrupt(f"the tensor {name!r} has {values} values, more than 64 bits count", at)
        kind, offset = self._cursor.unsigned(4), self._cursor.unsigned(8)
        self.header.tensors.append(Tensor(name, offset, self._bytes(kind, values), at))

    def _bytes(self, kind: int, values: int) -> int | None:
        if kind not in _BLOCKS:
            self.header.unknown.add(kind)
            return None
        block, size = _BLOCKS[kind]
        return -(-values // block) * size

    def _count(self, what: str, least: int) -> int:
        """A count of things of at least so many bytes: more than fit in what is left is a lie."""
        return self._bounded(what, self._cursor.unsigned(self._wide), least)

    def _length(self, what: str) -> int:
        return self._bounded(f"bytes of {what}", self._cursor.unsigned(self._wide), 1)

    def _bounded(self, what: str, count: int, least: int) -> int:
        left = self._size - self._cursor.at
        if count * least > left:
            raise self._corrupt(f"{count} {what}, with {left} bytes left", absurd=count >= _ABSURD)
        return count

    def _string(self, what: str, limit: int | None = None) -> bytes:
        length = self._length(what)
        if limit is not None and length > limit:
            raise self._corrupt(f"{what} of {length} bytes")
        return self._cursor.take(length)

    def _corrupt(self, message: str, at: int | None = None, *, absurd: bool = True) -> Corrupt:
        where = Location(offset=self._cursor.at if at is None else at)
        return Corrupt(found("gguf.overflow" if absurd else "gguf.bounds", f"the header has {message}", at=where))
