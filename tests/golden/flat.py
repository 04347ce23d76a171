"""FlatBuffers for samples, built from front to back: tables as dictionaries of their fields."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

Table = dict[int, object]
"""Fields by their numbers: a `Number`, text, bytes, `Numbers`, a table, or a list of texts or tables."""


@dataclass(frozen=True)
class Number:
    """A field that stands in its table itself, in `struct`'s letter for it."""

    form: str
    value: int

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return struct.calcsize(self.form)


@dataclass(frozen=True)
class Numbers:
    """A vector of numbers, in `struct`'s letter for one of them."""

    form: str
    items: Sequence[int]


def flat(root: Table, magic: bytes, room: int = 0) -> bytearray:
    """The buffer, with that much room behind its magic."""
    out = bytearray(4) + magic + bytes(room)
    struct.pack_into("<I", out, 0, _put(out, root))
    return out


def _put(out: bytearray, what: object) -> int:
    match what:
        case dict():
            return _table(out, what)
        case str():
            return _vector(out, "B", what.encode(), b"\0")
        case bytes():
            return _vector(out, "B", what)
        case Numbers(form, items):
            return _vector(out, form, items)
        case list():
            at = _vector(out, "I", [0] * len(what))
            for index, item in enumerate(what):
                _point(out, at + 4 + 4 * index, _put(out, item))
            return at
    raise TypeError(what)


def _point(out: bytearray, slot: int, at: int) -> None:
    struct.pack_into("<I", out, slot, at - slot)


def _align(out: bytearray, size: int, ahead: int = 0) -> None:
    out.extend(bytes(-(len(out) + ahead) % size))


def _vector(out: bytearray, form: str, items: Sequence[int], end: bytes = b"") -> int:
    _align(out, max(4, struct.calcsize(form)), 4)
    at = len(out)
    out += struct.pack(f"<I{len(items)}{form}", len(items), *items) + end
    return at


def _table(out: bytearray, fields: Table) -> int:
    """First what tells where each field is, then the table, then what its fields point to."""
    sizes = {index: one.size if isinstance(one, Number) else 4 for index, one in fields.items()}
    places, size = {}, 4
    for index in sorted(fields, key=lambda one: -sizes[one]):
        size += -size % sizes[index]
        places[index] = size
        size += sizes[index]
    count = max(fields, default=-1) + 1
    _align(out, 8, 4 + 2 * count)
    shape = len(out)
    out += struct.pack(f"<HH{count}H", 4 + 2 * count, size, *(places.get(index, 0) for index in range(count)))
    at = len(out)
    out += struct.pack("<i", at - shape) + bytes(size - 4)
    for index, value in fields.items():
        if isinstance(value, Number):
            struct.pack_into(f"<{value.form}", out, at + places[index], value.value)
        else:
            _point(out, at + places[index], _put(out, value))
    return at
