"""Many links or attributes of one object: a tree of ids (version 2 B-tree), and a heap that the ids lead into."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Unreadable
from entrepot.scan.hdf5.file import File, number

MAX_DEPTH = 1
"""Levels above the leaves of a tree that are read: some ten thousand names."""
MAX_ROWS = 64


def objects(file: File, heap: int | None, tree: int | None, id_at: int) -> Iterator[bytes]:
    """The objects of a heap that a tree's records name; an id stands `id_at` bytes into a record."""
    if heap is None or tree is None:
        return
    store = _Heap(file, heap)
    for record in _records(file, tree):
        yield store.object(record[id_at : id_at + store.id_size])


def _records(file: File, address: int) -> Iterator[bytes]:
    start = file.read(address, 16 + file.offsets + 2 + file.lengths)
    if start[:4] != b"BTHD":
        raise Unreadable(f"no tree of ids at {address}")
    node_size, size, depth = number(start, 6, 4), number(start, 10, 2), number(start, 12, 2)
    root, count = file.address(start, 16), number(start, 16 + file.offsets, 2)
    if depth > MAX_DEPTH or not size:
        raise Unreadable("a tree of ids that is deeper than is read here")
    if root is not None and depth == 0:
        yield from _leaf(file, root, count, size)
    elif root is not None:
        yield from _inner(file, root, count, size, node_size)


def _leaf(file: File, address: int, count: int, size: int) -> Iterator[bytes]:
    body = file.read(address, 6 + count * size)
    if body[:4] != b"BTLF":
        raise Unreadable(f"no leaf of ids at {address}")
    for at in range(6, len(body), size):
        yield body[at : at + size]


def _inner(file: File, address: int, count: int, size: int, node_size: int) -> Iterator[bytes]:
    # As wide as the greatest number of records that a leaf can have.
    most = max(1, (node_size - 10) // size)
    width = (most.bit_length() + 7) // 8
    step = file.offsets + width
    body = file.read(address, 6 + count * size + (count + 1) * step)
    if body[:4] != b"BTIN":
        raise Unreadable(f"no node of ids at {address}")
    for entry in range(count):
        yield body[6 + entry * size : 6 + (entry + 1) * size]
    for child in range(count + 1):
        at = 6 + count * size + child * step
        place = file.address(body, at)
        if place is not None:
            yield from _leaf(file, place, number(body, at + file.offsets, width), size)


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    size: int
    address: int


class _Heap:
    """A fractal heap: blocks that double in size, as one space of addresses."""

    def __init__(self, file: File, address: int) -> None:
        self._file = file
        o, n = file.offsets, file.lengths
        start = file.read(address, 22 + 3 * o + 12 * n)
        if start[:4] != b"FRHP":
            raise Unreadable(f"no heap of objects at {address}")
        self.id_size = number(start, 5, 2)
        filtered = number(start, 7, 2)
        at = 10 + 4 + n + o + n + o + 8 * n
        self._width = number(start, at, 2)
        self._first = number(start, at + 2, n)
        self._largest = number(start, at + 2 + n, n)
        self._bits = number(start, at + 2 + 2 * n, 2)
        root = file.address(start, at + 6 + 2 * n)
        rows = number(start, at + 6 + 2 * n + o, 2)
        self._largest_object = number(start, 10, 4)
        if filtered or self._bits > 64:
            raise Unreadable("a heap of objects that is compressed")
        self._blocks = [] if root is None else self._under(root, rows)

    def object(self, key: bytes) -> bytes:
        """The object that an id names."""
        kind = key[0] >> 4 & 3 if key else 3
        if kind == 2:
            return key[1 : 2 + (key[0] & 15)]
        if kind != 0:
            raise Unreadable("an object of HDF5 that is kept outside of its heap")
        width = (self._bits + 7) // 8
        offset = number(key, 1, width)
        size = int.from_bytes(key[1 + width :], "little")
        for block in self._blocks:
            if block.start <= offset < block.start + block.size:
                return self._file.read(block.address + offset - block.start, min(size, block.size))
        raise Unreadable("an id of HDF5 that leads out of its heap")

    def _under(self, root: int, rows: int) -> list[_Block]:
        if rows == 0:
            return [_Block(0, self._first, root)]
        if rows > MAX_ROWS or not 0 < self._width <= 1024:
            raise Unreadable("a heap of objects of an unusual shape")
        head = 5 + self._file.offsets + (self._bits + 7) // 8
        start = self._file.read(root, head)
        if start[:4] != b"FHIB":
            raise Unreadable(f"no block of a heap at {root}")
        table = self._file.read(root + head, rows * self._width * self._file.offsets)
        found: list[_Block] = []
        offset = 0
        for row in range(rows):
            size = self._first << max(0, row - 1)
            for column in range(self._width):
                address = self._file.address(table, (row * self._width + column) * self._file.offsets)
                if address is not None and size <= self._largest:
                    found.append(_Block(offset, size, address))
                elif address is not None:
                    raise Unreadable("a heap of objects that is larger than is read here")
                offset += size
        return found
