"""Old .lzma files: no magic, so the header has to make sense and the first bytes have to unpack."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_HEADER = 13
_PROPERTIES = 225
"""The first byte packs three small settings; more than this no encoder writes."""
_MAX_SIZE = 1 << 40
_MAX_DICTIONARY = 1 << 31
_MAX_MEMORY = 100 << 20


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if len(head) <= _HEADER + 1 or head[0] >= _PROPERTIES or head[13] or sample.opaque:
        return False  # the range coder's first byte is zero
    dictionary = int.from_bytes(head[1:5], "little")
    size = int.from_bytes(head[5:13], "little")
    if not _is_usual(dictionary) or not (size == (1 << 64) - 1 or 0 < size < _MAX_SIZE):
        return False
    return _unpacks(sample)


def _is_usual(dictionary: int) -> bool:
    """Encoders write powers of two, or the sum of two neighboring ones."""
    low = dictionary & -dictionary
    return 4096 <= dictionary <= _MAX_DICTIONARY and dictionary in (low, low * 3)


def _unpacks(sample: Sample) -> bool:
    import lzma

    decoder = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MAX_MEMORY)
    try:
        got = len(decoder.decompress(sample.head, 1 << 16))
    except (lzma.LZMAError, MemoryError):
        return False
    return decoder.eof or got > 256 or sample.suffix == ".lzma"


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.runs import lzma
    from entrepot.scan.streams import inspect_stream

    yield from inspect_stream(sample, budget, lzma)


FORMAT = Format("lzma", _recognize, _inspect, "lzma", RunsCode.RARELY, "what is inside", (".lzma",))
