"""Where compressed runs begin: for each format, the decoder of the run that stands at a place, if one does."""

import bz2
import lzma as codec
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import cast

from entrepot.scan.archive import is_padding
from entrepot.scan.budget import Unreadable
from entrepot.scan.skippable import past_skippable
from entrepot.scan.source import Source
from entrepot.scan.unpacking import DICTIONARY, Bounded, Inflate, Opening, Stepwise

GZIP = b"\x1f\x8b\x08"
_EXTRA, _NAME, _COMMENT, _CHECK = 4, 8, 16, 2
MAX_GZIP_HEADER = 256 << 10
"""Its longest field is 64 KiB; names and comments end at a zero byte, which may never come."""
XZ = b"\xfd7zXZ\0"
LZ4 = b"\x04\x22\x4d\x18"
ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_MODULES = ("compression.zstd", "backports.zstd")
"""Where Python has its decoder: in itself from 3.14 on, before that in a package of the same interface."""
_WINDOW_LOG = 27
"""The Zstandard decoder's own limit: 128 MiB."""
_BZIP2_BLOCKS = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")
"""How the first block begins, and the end of a stream without any."""
_JOBLIB_HEADERS = (21, 12)
"""`ZF`, then the size in hexadecimal, 19 characters wide or as Python 2 wrote it, ten."""


def gzip(source: Source, at: int) -> Opening | None:
    """The gzip member that begins there, past the zeros that may pad the one before."""
    head = source.read(at, 10)
    if head[:1] == b"\0" and at:
        block = source.read(at, 1 << 16)
        skipped = len(block) - len(block.lstrip(b"\0"))
        if is_padding(source, at, at + skipped) and skipped < len(block):
            at += skipped
            head = source.read(at, 10)
    if head[:3] != GZIP or len(head) < 10:
        return None
    header = source.read(at, MAX_GZIP_HEADER) if head[3] else head
    end = 10
    if head[3] & _EXTRA:
        end += 2 + int.from_bytes(header[end : end + 2], "little")
    for field in (_NAME, _COMMENT):
        if head[3] & field:
            end = header.find(b"\0", end) + 1
            if not end:
                raise Unreadable("a gzip header without an end")
    if head[3] & _CHECK:
        end += 2
    return Opening(Inflate(), at + end, trailer=8)


def is_bzip2(head: bytes) -> bool:
    """Whether a bzip2 stream begins with these ten bytes."""
    return head[:3] == b"BZh" and head[3:4].isdigit() and head[4:10] in _BZIP2_BLOCKS


def bzip2(source: Source, at: int) -> Opening | None:
    """The bzip2 stream that begins there."""
    return Opening(Stepwise(bz2.BZ2Decompressor()), at) if is_bzip2(source.read(at, 10)) else None


def xz(source: Source, at: int) -> Opening | None:
    """The xz stream that begins there, past the zeros that may pad the one before."""
    block = source.read(at, 1 << 16)
    at += len(block) - len(block.lstrip(b"\0"))
    if source.read(at, 6) != XZ:
        return None
    return Opening(Stepwise(codec.LZMADecompressor(codec.FORMAT_XZ, memlimit=DICTIONARY)), at)


def lzma(_: Source, at: int) -> Opening | None:
    """The old lzma stream, which only a file can begin with."""
    if at:
        return None
    return Opening(Stepwise(codec.LZMADecompressor(codec.FORMAT_ALONE, memlimit=DICTIONARY)), 0)


def zlib(source: Source, at: int) -> Opening | None:
    """The zlib stream, which only a file can begin with, or joblib's old header."""
    start = None if at else deflate_start(source.read(0, 32))
    return None if start is None else Opening(Inflate(), start, trailer=4)


def deflate_start(head: bytes) -> int | None:
    """Where deflate begins in a zlib stream; None where nothing speaks for one."""
    at = 0
    if head[:2] == b"ZF":
        at = next((size for size in _JOBLIB_HEADERS if _is_zlib(head[size : size + 2])), -1)
    return at + 2 if at >= 0 and _is_zlib(head[at : at + 2]) else None


def _is_zlib(two: bytes) -> bool:
    return len(two) == 2 and two[0] & 0x8F == 8 and int.from_bytes(two, "big") % 31 == 0 and not two[1] & 0x20


def lz4(source: Source, at: int) -> Opening | None:
    """The LZ4 frame that begins there, past skippable ones."""
    import lz4.frame

    if at:
        at = past_skippable(source, at)
    if source.read(at, 4) != LZ4:
        return None
    return Opening(Stepwise(cast(Bounded, lz4.frame.LZ4FrameDecompressor())), at)


@cache
def zstd_module() -> object:
    """Python's decoder for Zstandard; None where there is none."""
    for name in _ZSTD_MODULES:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


class _Zstandard(Stepwise):
    """Python's decoder for Zstandard, whose own error is none that other decoders raise."""

    __slots__ = ("_error",)

    def __init__(self, decoder: Bounded, error: type[Exception]) -> None:
        super().__init__(decoder)
        self._error = error

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            yield from super().feed(data)
        except self._error as broken:
            raise Unreadable(str(broken)) from None


def zstd(source: Source, at: int) -> Opening | None:
    """The Zstandard frame that begins there, past skippable ones."""
    if at:
        at = past_skippable(source, at)
    if source.read(at, 4) != ZSTD:
        return None
    module = zstd_module()
    options = {module.DecompressionParameter.window_log_max: _WINDOW_LOG}  # type: ignore[attr-defined]
    decoder = cast(Bounded, module.ZstdDecompressor(options=options))  # type: ignore[attr-defined]
    return Opening(_Zstandard(decoder, module.ZstdError), at)  # type: ignore[attr-defined]
