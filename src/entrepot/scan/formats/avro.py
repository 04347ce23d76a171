"""Avro's files: a schema in JSON, then blocks of values."""

import json
from collections.abc import Iterator

from entrepot.domain.report import Location
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.cursor import Cursor
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource

_MAGIC = b"Obj\1"
_SYNC = 16
_JAVA = frozenset(("java-class", "java-key-class", "java-element-class"))
_PLAIN = ("java.lang.String", "java.lang.Integer", "java.lang.Long", "java.util.", "java.math.Big", "java.net.UR")


def _recognize(sample: Sample) -> bool:
    return sample.head[:4] == _MAGIC and not sample.opaque and len(sample.head) > 24


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    source, size = sample.source, sample.source.size
    cursor = Cursor(source, budget, 4)
    while count := _number(cursor):
        if count < 0:
            count = -count
            _number(cursor)
        for _ in range(count):
            budget.spend_values()
            name, value = _bytes(cursor, size), _bytes(cursor, size)
            if name == b"avro.schema":
                yield from _schema(value, budget)
            elif len(value) > _SYNC:
                yield Member(name.decode("utf-8", "replace")[:100], BytesSource(value))
    cursor.skip(_SYNC)
    while cursor.at < size:
        budget.spend_values()
        start = cursor.at
        _number(cursor)
        length = _number(cursor)
        if not 0 <= length <= size - cursor.at - _SYNC:
            yield from rest(source, start)
            return
        cursor.skip(length + _SYNC)


def _number(cursor: Cursor) -> int:
    value = shift = 0
    while shift < 70:
        byte = cursor.unsigned(1)
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value >> 1 ^ -(value & 1)
        shift += 7
    raise Unreadable(f"a number that does not end, before byte {cursor.at}")


def _bytes(cursor: Cursor, size: int) -> bytes:
    length = _number(cursor)
    if not 0 <= length <= size - cursor.at:
        raise Unreadable(f"a text of {length} bytes, before byte {cursor.at}")
    return cursor.take(length)


def _schema(schema: bytes, budget: Budget) -> Iterator[Found]:
    yield Member("schema", BytesSource(schema))
    try:
        waiting: list[object] = [json.loads(schema)]
    except (ValueError, RecursionError):
        raise Unreadable("the schema is no JSON") from None
    while waiting:
        budget.spend_values()
        value = waiting.pop()
        if isinstance(value, dict):
            for key in _JAVA & set(value):
                name = str(value[key])
                if not name.startswith(_PLAIN):
                    message = f"the schema has readers in Java make an object of {name}"
                    yield found("avro.java-class", message, evidence=f"{key}: {name}", at=Location(offset=4))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


FORMAT = Format(
    "avro", _recognize, _inspect, "Avro", RunsCode.RARELY, "classes that its schema names", (".avro",), firsts=b"O"
)
