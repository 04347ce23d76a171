"""Files of many gigabytes that nobody has: mostly zeros, with something at a few places."""

import struct
import zlib
from dataclasses import dataclass

_ZIP64 = 45


@dataclass(frozen=True)
class Sparse:
    """So many bytes, all zero but for the pieces."""

    size: int
    pieces: tuple[tuple[int, bytes], ...]

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`."""
        found = bytearray(max(0, min(end, self.size) - start))
        for at, data in self.pieces:
            first, last = max(at, start), min(at + len(data), start + len(found))
            if first < last:
                found[first - start : last - start] = data[first - at : last - at]
        return bytes(found)


def torch_zip(pickled: bytes, weights: int) -> Sparse:
    """What `torch.save` writes: a pickle, and after it so many bytes of weights, stored and not packed."""
    first = _local(b"archive/data.pkl", pickled, len(pickled)) + pickled
    second = _local(b"archive/data/0", None, weights)
    directory_at = len(first) + len(second) + weights
    directory = _central(b"archive/data.pkl", zlib.crc32(pickled), len(pickled), 0)
    directory += _central(b"archive/data/0", 0, weights, len(first))
    end_at = directory_at + len(directory)
    end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, _ZIP64, _ZIP64, 0, 0, 2, 2, len(directory), directory_at)
    end += struct.pack("<4sIQI", b"PK\6\7", 0, end_at, 1)
    end += struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, len(directory), 0xFFFFFFFF, 0)
    return Sparse(end_at + len(end), ((0, first + second), (directory_at, directory + end)))


def _local(name: bytes, data: bytes | None, size: int) -> bytes:
    more = struct.pack("<HHQQ", 1, 16, size, size)
    crc = zlib.crc32(data) if data else 0
    head = (b"PK\3\4", _ZIP64, 0, 0, 0, 0, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(more))
    return struct.pack("<4sHHHHHIIIHH", *head) + name + more


def _central(name: bytes, crc: int, size: int, at: int) -> bytes:
    more = struct.pack("<HHQQQ", 1, 24, size, size, at)
    none = 0xFFFFFFFF
    head = (b"PK\1\2", _ZIP64, _ZIP64, 0, 0, 0, 0, crc, none, none, len(name), len(more), 0, 0, 0, 0, none)
    return struct.pack("<4sHHHHHHIIIHHHHHII", *head) + name + more
