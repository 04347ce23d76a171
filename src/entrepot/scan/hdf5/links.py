"""What is in a group: hard, soft and external links, in each of the three ways that files keep them."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Unreadable
from entrepot.scan.hdf5.dense import objects
from entrepot.scan.hdf5.file import File, Message, number

MAX_DEPTH = 64
"""Levels of a tree of names; ten hold more than any file."""
_SYMBOL_TABLE, _LINK, _LINK_INFO = 0x11, 0x06, 0x02
_SOFT_CACHE = 2


@dataclass(frozen=True, slots=True)
class Link:
    """A name in a group: the address of an object, or a path, or a path in another file."""

    name: str
    address: int | None = None
    path: str = ""
    file: str | None = None


def links(file: File, messages: list[Message]) -> Iterator[Link]:
    """The links of the group with that header; none for other objects."""
    for message in messages:
        if message.kind == _SYMBOL_TABLE:
            tree, heap = file.address(message.data, 0), file.address(message.data, file.offsets)
            if tree is not None and heap is not None:
                yield from _of_tree(file, tree, _heap(file, heap), 0)
        elif message.kind == _LINK:
            yield _link(file, message.data)
        elif message.kind == _LINK_INFO:
            at = 2 + (8 if message.data[1:2] and message.data[1] & 1 else 0)
            for data in objects(file, file.address(message.data, at), file.address(message.data, at + file.offsets), 4):
                yield _link(file, data)


def _heap(file: File, address: int) -> bytes:
    start = file.read(address, 8 + 2 * file.lengths + file.offsets)
    place = file.address(start, 8 + 2 * file.lengths)
    if start[:4] != b"HEAP" or place is None:
        raise Unreadable(f"no heap of names at {address}")
    return file.read(place, file.length(start, 8))


def _of_tree(file: File, address: int, names: bytes, depth: int) -> Iterator[Link]:
    start = file.read(address, 8 + 2 * file.offsets)
    if start[:4] != b"TREE" or start[4] != 0 or depth > MAX_DEPTH:
        raise Unreadable(f"no tree of names at {address}")
    count, level = number(start, 6, 2), start[5]
    step = file.lengths + file.offsets
    body = file.read(address + len(start), file.lengths + count * step)
    for entry in range(count):
        child = file.address(body, file.lengths + entry * step)
        if child is not None:
            yield from _of_tree(file, child, names, depth + 1) if level else _of_node(file, child, names)


def _of_node(file: File, address: int, names: bytes) -> Iterator[Link]:
    start = file.read(address, 8)
    if start[:4] != b"SNOD":
        raise Unreadable(f"no node of names at {address}")
    size = 2 * file.offsets + 24
    body = file.read(address + 8, number(start, 6, 2) * size)
    for at in range(0, len(body), size):
        name = _text(names, file.address(body, at) or 0)
        if number(body, at + 2 * file.offsets, 4) == _SOFT_CACHE:
            yield Link(name, path=_text(names, number(body, at + 2 * file.offsets + 8, 4)))
        else:
            yield Link(name, file.address(body, at + file.offsets))


def _link(file: File, data: bytes) -> Link:
    flags = number(data, 1, 1)
    at = 2
    kind = 0
    if flags & 8:
        kind, at = number(data, at, 1), at + 1
    at += (8 if flags & 4 else 0) + (1 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = number(data, at, width)
    at += width
    name = data[at : at + size].decode("utf-8", "replace")
    at += size
    if kind == 0:
        return Link(name, file.address(data, at))
    value = data[at + 2 : at + 2 + number(data, at, 2)]
    if kind == 1:
        return Link(name, path=value.decode("utf-8", "replace"))
    if kind == 64:
        where, _, path = value[1:].partition(b"\0")
        return Link(name, path=path.rstrip(b"\0").decode("utf-8", "replace"), file=where.decode("utf-8", "replace"))
    return Link(name, path=f"a link of the user's kind {kind}")


def _text(heap: bytes, at: int) -> str:
    end = heap.find(b"\0", at)
    return heap[at : end if end >= 0 else len(heap)].decode("utf-8", "replace")
