"""Zlib streams (RFC 1950), as joblib writes them; also behind the size that its oldest versions put first."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_ENOUGH = 512
_MARKS = (b"ZF", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""Joblib's old header; and how streams with the usual window begin, of which smaller ones are a waste."""
_SMALLER = b"\x08\x18\x28\x38\x48\x58\x68"


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if (head[:2] not in _MARKS and head[:1] not in _SMALLER) or sample.opaque:
        return False
    from entrepot.scan.runs import deflate_start

    start = deflate_start(head)
    return start is not None and _unpacks(head[start:])


def _unpacks(data: bytes) -> bool:
    """Whether enough comes out: two bytes that fit are one chance in a thousand."""
    import zlib

    decoder = zlib.decompressobj(-15)
    got = 0
    try:
        got = len(decoder.decompress(data[:256], 1 << 16))
        got += len(decoder.decompress(data[256:], 1 << 16))
    except zlib.error:
        return got > _ENOUGH
    return (decoder.eof and got > 0) or got > _ENOUGH


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.runs import zlib
    from entrepot.scan.streams import inspect_stream

    yield from inspect_stream(sample, budget, zlib)


FORMAT = Format(
    "zlib", _recognize, _inspect, "zlib", RunsCode.RARELY, "what is inside", (".z", ".zlib"), firsts=b"Zx" + _SMALLER
)
