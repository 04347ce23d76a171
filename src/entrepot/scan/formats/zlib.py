"""Zlib streams (RFC 1950), as joblib writes them; also behind the size that its oldest versions put first."""

import zlib
from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source
from entrepot.scan.streams import inspect_stream
from entrepot.scan.unpacking import Inflate, Opening

_JOBLIB = b"ZF"
_JOBLIB_HEADERS = (21, 12)
"""`ZF`, then the size in hexadecimal, 19 characters wide or as Python 2 wrote it, ten."""
_ENOUGH = 512


def _start(head: bytes) -> int | None:
    """Where deflate begins; None where nothing speaks for it."""
    at = 0
    if head[:2] == _JOBLIB:
        at = next((size for size in _JOBLIB_HEADERS if _is_zlib(head[size : size + 2])), -1)
    return at + 2 if at >= 0 and _is_zlib(head[at : at + 2]) else None


def _is_zlib(two: bytes) -> bool:
    return len(two) == 2 and two[0] & 0x8F == 8 and int.from_bytes(two, "big") % 31 == 0 and not two[1] & 0x20


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if not (_is_zlib(head[:2]) or head[:2] == _JOBLIB) or sample.opaque:
        return False
    start = _start(head)
    return start is not None and _unpacks(head[start:])


def _unpacks(data: bytes) -> bool:
    """Whether enough comes out: two bytes that fit are one chance in a thousand."""
    decoder = zlib.decompressobj(-15)
    got = 0
    try:
        got = len(decoder.decompress(data[:256], 1 << 16))
        got += len(decoder.decompress(data[256:], 1 << 16))
    except zlib.error:
        return got > _ENOUGH
    return (decoder.eof and got > 0) or got > _ENOUGH


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    yield from inspect_stream(sample, budget, _begin)


def _begin(source: Source, at: int) -> Opening | None:
    start = None if at else _start(source.read(0, 32))
    return None if start is None else Opening(Inflate(), start, trailer=4)


FORMAT = Format("zlib", _recognize, _inspect, "zlib", RunsCode.RARELY, "what is inside", (".z", ".zlib"))
