"""LZMA as zip and 7z hold it: without a header of its own, its properties beside it."""

import lzma
from collections.abc import Sequence
from typing import TypeAlias

from entrepot.scan.budget import Unreadable
from entrepot.scan.unpacking import DICTIONARY, Codec, Sized, Stepwise

Filter: TypeAlias = dict[str, int]
_MIN_DICTIONARY = 4096


def lzma1(properties: bytes, size: int) -> Filter:
    """The filter that five bytes of properties stand for. Raises `Unreadable`."""
    if len(properties) < 5:
        raise Unreadable("LZMA properties are cut off")
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    return {
        "id": lzma.FILTER_LZMA1,
        "lc": lc,
        "lp": lp,
        "pb": pb,
        "dict_size": _dictionary(int.from_bytes(properties[1:5], "little"), size),
    }


def lzma2(properties: bytes, size: int) -> Filter:
    """The filter that one byte of properties stands for. Raises `Unreadable`."""
    if len(properties) != 1 or properties[0] > 40:
        raise Unreadable("LZMA2 properties are wrong")
    bits = properties[0]
    declared = 0xFFFFFFFF if bits == 40 else (2 | bits & 1) << (bits // 2 + 11)
    return {"id": lzma.FILTER_LZMA2, "dict_size": _dictionary(declared, size)}


def raw(filters: Sequence[Filter], size: int) -> Codec:
    """A decoder for a chain of filters that gives `size` bytes. Raises `Unreadable`."""
    try:
        return Sized(Stepwise(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=list(filters))), size)
    except (lzma.LZMAError, ValueError, MemoryError) as error:
        raise Unreadable(f"LZMA with these settings can't be read: {error}") from None


def _dictionary(declared: int, size: int) -> int:
    """No decoder looks back further than it has come, so a dictionary needs no more than what comes out."""
    needed = max(_MIN_DICTIONARY, min(declared, size))
    if needed > DICTIONARY:
        raise Unreadable(f"LZMA with a dictionary of {needed} bytes")
    return needed
