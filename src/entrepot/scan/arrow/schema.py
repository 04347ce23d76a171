"""What a schema says besides its types: metadata, and extension types, which name who is to make them from what."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.embedded import commands
from entrepot.scan.flatbuffer import Buffer
from entrepot.scan.formats import Found, Member
from entrepot.scan.rules import found
from entrepot.scan.source import BytesSource

MAX_DEPTH = 64
"""Types inside types."""
SCHEMA = 1
_NAME, _METADATA = b"ARROW:extension:name", b"ARROW:extension:metadata"
_PICKLES = (b"arrow.py_extension_type",)
_PICKLED_VALUES = (b"ray.data.arrow_pickled_object",)
_SHORT = 8


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a stream: its kind, and the bytes of its body, which follow it."""

    buffer: Buffer
    table: int
    kind: int
    body: int

    @property
    def schema(self) -> int | None:
        """The schema in it, if it is one."""
        return self.buffer.table(self.table, 2) if self.kind == SCHEMA else None


def message(data: bytes, budget: Budget) -> Message:
    """The message that a flatbuffer holds. Raises `Unreadable`."""
    buffer = Buffer(data, budget)
    table = buffer.root()
    kind, body = buffer.slot(table, 1), buffer.slot(table, 3)
    return Message(
        buffer,
        table,
        0 if kind is None else buffer.number(kind, 1),
        0 if body is None else buffer.number(body, 8),
    )


def schema(buffer: Buffer, data: bytes, table: int) -> Iterator[Found]:
    """What is to be said about a schema. Raises `Unreadable`."""
    yield from described(pairs(buffer, data, table, 2), "the schema")
    waiting = [(at, 0) for at in buffer.vector(table, 1)]
    while waiting:
        at, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Unreadable(f"types inside types, more than {MAX_DEPTH} deep")
        field = buffer.follow(at)
        yield from described(pairs(buffer, data, field, 6), f"the column {buffer.text(field, 0)[:100]}")
        waiting += [(child, depth + 1) for child in buffer.vector(field, 5)]


def pairs(buffer: Buffer, data: bytes, table: int, index: int) -> dict[bytes, bytes]:
    """The names and values of metadata. Raises `Unreadable`."""
    out = {}
    for at in buffer.vector(table, index):
        entry = buffer.follow(at)
        out[_bytes(buffer, data, entry, 0)] = _bytes(buffer, data, entry, 1)
    return out


def _bytes(buffer: Buffer, data: bytes, table: int, index: int) -> bytes:
    at = buffer.slot(table, index)
    if at is None:
        return b""
    start = buffer.follow(at)
    size = buffer.number(start, 4)
    if start + 4 + size > len(data):
        raise Unreadable(f"metadata of {size} bytes that is longer than the buffer")
    return data[start + 4 : start + 4 + size]


def described(metadata: dict[bytes, bytes], where: str) -> Iterator[Found]:
    """What is to be said about metadata, and what in it is to be looked at."""
    kind = metadata.get(_NAME, b"")
    if kind in _PICKLES:
        yield Capability.YES
        message = f"the type of {where} is a pickle, which pyarrow before 14.0.1 loads as soon as it reads the file"
        yield found("arrow.python-extension", message, evidence=repr(metadata.get(_METADATA, b"")[:200]))
        yield Member(f"type of {where}", BytesSource(metadata.get(_METADATA, b"")), ("pickle",))
    elif kind in _PICKLED_VALUES:
        yield Capability.YES
        yield found("arrow.pickled-values", f"the values of {where} are pickles", evidence=kind.decode())
    for name, value in metadata.items():
        if (name != _METADATA or kind not in _PICKLES) and name != b"ARROW:schema":
            yield from _entry(name.decode("utf-8", "replace")[:100], value, where)


def _entry(name: str, value: bytes, where: str) -> Iterator[Found]:
    if len(value) < _SHORT:
        return
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        yield Member(f"{name} of {where}", BytesSource(value), opaque=value[:1] != b"\x80")
        return
    yield from commands(text, f"{name} of {where}")
    yield Member(f"{name} of {where}", BytesSource(value))
