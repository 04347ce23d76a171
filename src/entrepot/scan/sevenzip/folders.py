"""What a folder of a 7z archive unpacks to."""

import bz2
import lzma
import zlib
from collections.abc import Iterator

from entrepot.scan import filters
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.sevenzip.records import Coder, Folder
from entrepot.scan.source import Source, Window
from entrepot.scan.unpacking import Codec, Inflate, Sized, Stepwise, Stream, once

COPY, DELTA, LZMA1, LZMA2 = b"\x00", b"\x03", b"\x03\x01\x01", b"\x21"
DEFLATE, BZIP2, AES = b"\x04\x01\x08", b"\x04\x02\x02", b"\x06\xf1\x07\x01"
_BRANCHES = {
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
    b"\x04": lzma.FILTER_X86,
}
_NAMES = {
    b"\x03\x03\x01\x1b": "BCJ2", b"\x03\x04\x01": "PPMd", b"\x04\x01\x09": "deflate64", b"\x0a": "ARM64",
    b"\x04\xf7\x11\x01": "zstandard", b"\x04\xf7\x11\x02": "brotli", b"\x04\xf7\x11\x04": "LZ4",
}  # fmt: skip


class Encrypted(Unreadable):
    """The folder needs a password."""


def open_folder(source: Source, folder: Folder, place: tuple[int, int], budget: Budget) -> Stream | Window:
    """What a folder unpacks to. Raises `Encrypted` and `Unreadable`."""
    start, end = place
    if any(coder.method == AES for coder in folder.coders):
        raise Encrypted("encrypted")
    chain = _chain(folder)
    if all(coder.method == COPY for coder in chain):
        return Window(source, start, end - start)
    codec = _codec(chain, folder.size)
    return Stream(source, once(codec, start), budget, start, end)


def _chain(folder: Folder) -> list[Coder]:
    """The coders from the packed stream on. Raises `Unreadable` where they are no plain chain."""
    if any(coder.ins != 1 or coder.outs != 1 for coder in folder.coders) or len(folder.packed) != 1:
        names = ", ".join(_name(coder) for coder in folder.coders)
        raise Unreadable(f"packed by a mixture of methods: {names}")
    index = folder.packed[0]
    chain: list[Coder] = []
    after = {out: into for into, out in folder.bonds.items()}
    while len(chain) < len(folder.coders):
        chain.append(folder.coders[index])
        if index not in after:
            break
        index = after[index]
    return chain


def _name(coder: Coder) -> str:
    return _NAMES.get(coder.method, coder.method.hex())


class _Codecs:
    """Makes a new decoder each time it is called: a broken stream is read a second time."""

    def __init__(self, chain: list[Coder], size: int) -> None:
        self._chain = chain
        self._size = size

    def __call__(self) -> Codec:
        first, *rest = [coder for coder in self._chain if coder.method != COPY]
        if not rest and first.method == DEFLATE:
            return Sized(Inflate(-zlib.MAX_WBITS), self._size)
        if not rest and first.method == BZIP2:
            return Sized(Stepwise(bz2.BZ2Decompressor()), self._size)
        # liblzma takes its filters in the order of packing.
        return filters.raw([self._filter(coder) for coder in [*reversed(rest), first]], self._size)

    def _filter(self, coder: Coder) -> filters.Filter:
        if coder.method == LZMA1:
            return filters.lzma1(coder.properties, self._size)
        if coder.method == LZMA2:
            return filters.lzma2(coder.properties, self._size)
        if coder.method == DELTA:
            return {"id": lzma.FILTER_DELTA, "dist": (coder.properties[:1] or b"\0")[0] + 1}
        if coder.method in _BRANCHES:
            return {"id": _BRANCHES[coder.method]}
        raise Unreadable(f"packed by the method {_name(coder)}")


def _codec(chain: list[Coder], size: int) -> _Codecs:
    codecs = _Codecs(chain, size)
    codecs()  # what it can't unpack is told of before anything is yielded
    return codecs


def parts(folder: Folder) -> Iterator[tuple[int, int]]:
    """Place and size of each member in what the folder unpacks to."""
    at = 0
    for size in folder.parts:
        yield at, size
        at += size
