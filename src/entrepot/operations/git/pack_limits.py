"""A pack from outside, checked before anything keeps its objects in memory: what each would unpack to."""

import zlib
from typing import BinaryIO

from entrepot.domain.errors import Corrupt, TooLarge

MAX_OBJECT = 64 << 20
"""Six times what a hub takes into git; larger files are in LFS."""
MAX_OBJECTS = 1_000_000
_PIECE = 64 << 10
_OFFSET_DELTA, _REF_DELTA = 6, 7


def check_pack(file: BinaryIO) -> None:
    """Go on, or raise: `TooLarge` for a pack with too many or too large objects, `Corrupt` for a broken one."""
    reader = _Reader(file)
    if reader.take(4) != b"PACK":
        raise Corrupt("upstream sent something else than a pack")
    reader.take(4)
    count = int.from_bytes(reader.take(4), "big")
    if count > MAX_OBJECTS:
        raise TooLarge(f"upstream's history has {count} objects; {MAX_OBJECTS} are kept at most")
    for _ in range(count):
        _check_object(reader)


class _Reader:
    """Bytes one after another, and zlib streams between them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rest = b""

    def take(self, count: int) -> bytes:
        if len(self._rest) < count:
            self._rest += self._file.read(_PIECE)
        if len(self._rest) < count:
            raise Corrupt("upstream's pack is cut off")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def number(self) -> tuple[int, int]:
        """The first byte, and the little-endian number of seven bits a byte that begins after its upper half."""
        first = byte = self.take(1)[0]
        value, shift = first & 15, 4
        while byte & 0x80:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift > 63:
                raise Corrupt("upstream's pack has a number that is too long")
        return first, value

    def unpack(self, limit: int) -> tuple[int, bytes]:
        """How many bytes the zlib stream here unpacks to, and the first of them."""
        unpacker = zlib.decompressobj()
        size, beginning = 0, b""
        try:
            while not unpacker.eof:
                data = self._rest or self._file.read(_PIECE)
                if not data:
                    raise Corrupt("upstream's pack is cut off")
                piece = unpacker.decompress(data, _PIECE)
                self._rest = unpacker.unconsumed_tail or unpacker.unused_data
                beginning = beginning or piece[:32]
                size += len(piece)
                if size > limit:
                    raise Corrupt("an object of upstream's pack is longer than it says")
        except zlib.error:
            raise Corrupt("an object of upstream's pack can't be unpacked") from None
        return size, beginning


def _check_object(reader: _Reader) -> None:
    first, size = reader.number()
    _check_size(size)
    kind = first >> 4 & 7
    if kind == _OFFSET_DELTA:
        while reader.take(1)[0] & 0x80:
            pass
    elif kind == _REF_DELTA:
        reader.take(20)
    unpacked, beginning = reader.unpack(size)
    if unpacked != size:
        raise Corrupt("an object of upstream's pack is shorter than it says")
    if kind in (_OFFSET_DELTA, _REF_DELTA):
        _, at = _delta_number(beginning, 0)
        _check_size(_delta_number(beginning, at)[0])


def _delta_number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
    raise Corrupt("upstream's pack has a delta without its sizes")


def _check_size(size: int) -> None:
    if size > MAX_OBJECT:
        raise TooLarge(f"upstream's history has an object of {size} bytes; {MAX_OBJECT} are kept at most")
