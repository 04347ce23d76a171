"""Arrow's files and streams, and Feather's: tables of values with schemas."""

from collections.abc import Generator, Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source

_FILE, _FEATHER, _STREAM = b"ARROW1\0\0", b"FEA1", b"\xff\xff\xff\xff"
_SUFFIXES = (".arrow", ".arrows", ".feather", ".ipc")
_MAX_HEADER = 1 << 26


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or head[:1] not in (b"A", b"F", b"\xff"):
        return False
    if head[:8] == _FILE or head[:4] == _FEATHER:
        return True
    return head[:4] == _STREAM and _is_stream(sample)


def _is_stream(sample: Sample) -> bool:
    from entrepot.scan.arrow.schema import SCHEMA, message

    size = int.from_bytes(sample.head[4:8], "little")
    if not 16 <= size <= _MAX_HEADER or size % 4:
        return False
    try:
        return message(sample.head[8 : 8 + size], sample.budget).kind == SCHEMA
    except Unreadable:
        return sample.suffix in _SUFFIXES


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    source = sample.source
    if sample.head[:4] == _FEATHER:
        yield from _feather(source, budget)
    elif sample.head[:8] == _FILE:
        yield from _messages(source, budget, 8)
        yield from _footer(source, budget)
    else:
        end = yield from _messages(source, budget, 0)
        yield from rest(source, end)


def _messages(source: Source, budget: Budget, at: int) -> Generator[Found, None, int]:
    """What is to be said about the schemas and metadata of a stream; returns where it ends."""
    from entrepot.scan.arrow.schema import described, message, pairs, schema

    while True:
        budget.spend_values()
        head = source.read(at, 8)
        marked = head[:4] == _STREAM
        size = int.from_bytes(head[4:8] if marked else head[:4], "little")
        at += 8 if marked else 4
        if len(head) < 4 or not size:
            break
        if size > _MAX_HEADER:
            raise Unreadable(f"a message of {size} bytes, before byte {at}")
        data = source.read(at, size)
        if len(data) < size:
            raise Unreadable("the stream is cut off")
        one = message(data, budget)
        if one.schema is not None:
            yield from schema(one.buffer, data, one.schema)
        yield from described(pairs(one.buffer, data, one.table, 4), "a message")
        if one.body >> 62:
            raise Unreadable(f"a body of {one.body} bytes")
        at += size + one.body
    return min(at, source.size)


def _footer(source: Source, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.arrow.schema import described, pairs, schema
    from entrepot.scan.flatbuffer import Buffer

    end = source.read(source.size - 10, 10)
    size = int.from_bytes(end[:4], "little")
    if end[4:] != b"ARROW1" or size > min(source.size, _MAX_HEADER):
        raise Unreadable("there is no footer at the end")
    data = source.read(source.size - 10 - size, size)
    buffer = Buffer(data, budget)
    table = buffer.table(buffer.root(), 1)
    if table is not None:
        yield from schema(buffer, data, table)
    yield from described(pairs(buffer, data, buffer.root(), 4), "the footer")


def _feather(source: Source, budget: Budget) -> Iterator[Found]:
    """Feather's first version: a table that describes columns, without extension types."""
    from entrepot.scan.arrow.schema import described
    from entrepot.scan.flatbuffer import Buffer

    end = source.read(source.size - 8, 8)
    size = int.from_bytes(end[:4], "little")
    if end[4:] != _FEATHER or size > min(source.size, _MAX_HEADER):
        raise Unreadable("there is no footer at the end")
    buffer = Buffer(source.read(source.size - 8 - size, size), budget)
    notes = {b"metadata": buffer.text(buffer.root(), 4)}
    for at in buffer.vector(buffer.root(), 2):
        column = buffer.follow(at)
        notes[buffer.text(column, 0).encode()] = buffer.text(column, 4)
    yield from described({name: text.encode() for name, text in notes.items()}, "the table")


FORMAT = Format(
    "arrow",
    _recognize,
    _inspect,
    "Arrow or Feather",
    RunsCode.RARELY,
    "extension types that are pickles",
    _SUFFIXES,
    firsts=b"AF\xff",
)
