"""Parquet: columns of values, and a footer with metadata, an Arrow schema among it."""

import binascii
from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.archive import escapes
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_FILE_PATH, _KEY, _VALUE = (4, 1, 1), (5, 1), (5, 2)


def _recognize(sample: Sample) -> bool:
    return sample.head[:4] in (_MAGIC, _ENCRYPTED) and not sample.opaque and len(sample.head) >= 12


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    source = sample.source
    end = source.read(source.size - 8, 8)
    if end[4:] == _ENCRYPTED:
        yield Unread("encrypted Parquet")
        return
    size = int.from_bytes(end[:4], "little")
    if end[4:] != _MAGIC or size > source.size - 12:
        raise Unreadable("there is no footer at the end")
    budget.check_string(size)
    yield from _footer(source.read(source.size - 8 - size, size), budget)


def _footer(data: bytes, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.arrow.schema import described
    from entrepot.scan.arrow.thrift import texts

    key, metadata, outside = b"", {}, ""
    for path, value in texts(data, budget):
        if path == _KEY:
            key = value
        elif path == _VALUE:
            metadata[key] = value
        elif path == _FILE_PATH and not outside:
            name = value.decode("utf-8", "replace")
            outside = name if escapes(name) or "://" in name else ""
    if outside:
        yield found("arrow.path-outside", f"columns are to be read from {outside}", evidence=outside)
    yield from described(metadata, "the file")
    if b"ARROW:schema" in metadata:
        yield from _schema(metadata[b"ARROW:schema"], budget)


def _schema(encoded: bytes, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.arrow.schema import message, schema

    try:
        data = binascii.a2b_base64(encoded)
    except binascii.Error as error:
        raise Unreadable(f"the Arrow schema is no base64: {error}") from None
    data = data[8:] if data[:4] == b"\xff\xff\xff\xff" else data[4:]
    first = message(data, budget)
    if first.schema is not None:
        yield from schema(first.buffer, data, first.schema)


FORMAT = Format(
    "parquet",
    _recognize,
    _inspect,
    "Parquet",
    RunsCode.RARELY,
    "extension types that are pickles",
    (".parquet",),
    firsts=b"P",
)
