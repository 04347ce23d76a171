"""Many links or attributes of one object: a tree of ids (version 2 B-tree), and a heap that the ids lead into."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Unreadable
from entrepot.scan.hdf5.file import File, number

MAX_DEPTH = 8
"""Levels above the leaves of a tree that are read: more names than a file can hold."""
MAX_RECORDS = 5_000_000
MAX_ROWS = 64
MAX_INDIRECT = 5_000
"""Blocks of a heap that lead to others: each leads to hundreds."""


def objects(file: File, heap: int | None, tree: int | None, id_at: int) -> Iterator[bytes]:
    """The objects of a heap that a tree's records name; an id stands `id_at` bytes into a record."""
    if heap is None or tree is None:
        return
    store = _Heap(file, heap)
    for record in _records(file, tree):
        yield store.object(record[id_at : id_at + store.id_size])


def _records(file: File, address: int) -> Iterator[bytes]:
    """The records of a tree, in the order of its nodes."""
    start = file.read(address, 16 + file.offsets + 2 + file.lengths)
    if start[:4] != b"BTHD":
        raise Unreadable(f"no tree of ids at {address}")
    node_size, size, depth = number(start, 6, 4), number(start, 10, 2), number(start, 12, 2)
    root, count = file.address(start, 16), number(start, 16 + file.offsets, 2)
    if depth > MAX_DEPTH or not size or node_size < 10 + size:
        raise Unreadable("a tree of ids that is deeper than is read here")
    if root is None:
        return
    widths = _widths(file.offsets, node_size, size, depth)
    waiting = [(root, count, depth)]
    seen = 0
    while waiting:
        place, count, level = waiting.pop()
        seen += count
        if seen > MAX_RECORDS:
            raise Unreadable("a tree of ids with more records than are read here")
        if level == 0:
            yield from _leaf(file, place, count, size)
        else:
            yield from _inner(file, (place, count, level), size, widths, waiting)


def _widths(offsets: int, node_size: int, size: int, depth: int) -> list[int]:
    """How wide the numbers of records are in a pointer to a node of each level: of the node, and of all below it."""
    most = (node_size - 10) // size
    own = _width(most)
    below = most
    widths = [own]
    for _ in range(1, depth + 1):
        step = offsets + own + (widths[-1] if len(widths) > 1 else 0)
        here = max(0, node_size - 10 - step) // (size + step)
        below = (here + 1) * below + here
        widths.append(_width(below))
    return widths


def _width(number_: int) -> int:
    return max(1, (number_.bit_length() + 7) // 8)


def _leaf(file: File, address: int, count: int, size: int) -> Iterator[bytes]:
    body = file.read(address, 6 + count * size)
    if body[:4] != b"BTLF":
        raise Unreadable(f"no leaf of ids at {address}")
    for at in range(6, len(body), size):
        yield body[at : at + size]


def _inner(
    file: File, node: tuple[int, int, int], size: int, widths: list[int], waiting: list[tuple[int, int, int]]
) -> Iterator[bytes]:
    """The records of a node above the leaves; what is below it is added to what waits."""
    address, count, level = node
    # A pointer also counts all records below, where there are levels in between.
    step = file.offsets + widths[0] + (widths[level - 1] if level > 1 else 0)
    body = file.read(address, 6 + count * size + (count + 1) * step)
    if body[:4] != b"BTIN":
        raise Unreadable(f"no node of ids at {address}")
    for entry in range(count):
        yield body[6 + entry * size : 6 + (entry + 1) * size]
    for child in range(count + 1):
        at = 6 + count * size + child * step
        place = file.address(body, at)
        if place is not None:
            waiting.append((place, number(body, at + file.offsets, widths[0]), level - 1))


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
        self._huge_tree = file.address(start, 14 + n)
        if filtered or self._bits > 64:
            raise Unreadable("a heap of objects that is compressed")
        self._blocks: list[_Block] = []
        self._indirect = 0
        if root is not None and rows == 0:
            self._blocks = [_Block(0, self._first, root)]
        elif root is not None:
            self._collect(root, rows, 0, 0)

    def object(self, key: bytes) -> bytes:
        """The object that an id names."""
        kind = key[0] >> 4 & 3 if key else 3
        if kind == 2:
            return key[1 : 2 + (key[0] & 15)]
        if kind == 1:
            return self._huge(key)
        if kind != 0:
            raise Unreadable("an object of HDF5 of an unknown kind")
        width = (self._bits + 7) // 8
        offset = number(key, 1, width)
        size = int.from_bytes(key[1 + width :], "little")
        at = bisect_right(self._blocks, offset, key=lambda block: block.start)
        for block in self._blocks[max(0, at - 1) : at]:
            if offset < block.start + block.size:
                return self._file.read(block.address + offset - block.start, min(size, block.size))
        raise Unreadable("an id of HDF5 that leads out of its heap")

    def _huge(self, key: bytes) -> bytes:
        """An object that is too large for the heap: its id has its place, or finds it in a tree."""
        file = self._file
        if self.id_size >= 1 + file.offsets + file.lengths:
            return file.read(file.address(key, 1) or 0, number(key, 1 + file.offsets, file.lengths))
        wanted = number(key, 1, min(8, self.id_size - 1))
        for record in _records(file, self._huge_tree) if self._huge_tree is not None else ():
            if number(record, file.offsets + file.lengths, file.lengths) == wanted:
                return file.read(file.address(record, 0) or 0, number(record, file.offsets, file.lengths))
        raise Unreadable("an object of HDF5 that is kept outside of its heap, and is not there")

    def _collect(self, address: int, rows: int, offset: int, depth: int) -> None:
        """Note the blocks that an indirect block leads to; `offset` is where it begins in the heap's space."""
        self._indirect += 1
        if self._indirect > MAX_INDIRECT or rows > MAX_ROWS or not 0 < self._width <= 1024 or depth > MAX_DEPTH:
            raise Unreadable("a heap of objects of an unusual shape")
        head = 5 + self._file.offsets + (self._bits + 7) // 8
        start = self._file.read(address, head)
        if start[:4] != b"FHIB":
            raise Unreadable(f"no block of a heap at {address}")
        table = self._file.read(address + head, rows * self._width * self._file.offsets)
        for row in range(rows):
            size = self._first << max(0, row - 1)
            for column in range(self._width):
                place = self._file.address(table, (row * self._width + column) * self._file.offsets)
                if place is not None and size <= self._largest:
                    self._blocks.append(_Block(offset, size, place))
                elif place is not None:
                    below = size.bit_length() - (self._first * self._width).bit_length() + 1
                    self._collect(place, below, offset, depth + 1)
                offset += size
