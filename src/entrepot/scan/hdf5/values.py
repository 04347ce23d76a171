"""What datasets hold beyond numbers: bytes, opaque values, lists of bytes; libraries pickle in them."""

from collections.abc import Iterator

from entrepot.scan.budget import Unreadable
from entrepot.scan.hdf5.attributes import committed, heap_place
from entrepot.scan.hdf5.file import File, Message, number

_DATATYPE, _LAYOUT, _FILTERS = 0x03, 0x08, 0x0B
_COMPACT, _CONTIGUOUS, _CHUNKED = 0, 1, 2
_NUMBER, _STRING, _OPAQUE, _VARIABLE = 0, 3, 5, 9
MAX_ROWS = 64
"""Lists of bytes of one dataset that are looked at; of those that say that they are objects, `MAX_OBJECTS`."""
MAX_OBJECTS = 20_000
MAX_CHUNKS = 10_000
MAX_DEPTH = 16


def places(file: File, messages: list[Message], *, are_objects: bool) -> Iterator[tuple[int, int]]:
    """Where the dataset's values stand that are bytes: address and size of each stretch."""
    layout = next((message.data for message in messages if message.kind == _LAYOUT), b"")
    datatype = _datatype(file, messages)
    if len(layout) < 2 or len(datatype) < 8 or any(message.kind == _FILTERS for message in messages):
        return
    kind, size = datatype[0] & 15, number(datatype, 4, 4)
    if not (kind in (_OPAQUE, _STRING) or (kind == _NUMBER and size == 1) or kind == _VARIABLE):
        return
    for address, length in _stretches(file, layout):
        if kind != _VARIABLE:
            yield address, length
            continue
        yield from _listed(file, address, length, MAX_OBJECTS if are_objects else MAX_ROWS)


def _datatype(file: File, messages: list[Message]) -> bytes:
    message = next((message for message in messages if message.kind == _DATATYPE), None)
    if message is None:
        return b""
    return committed(file, message.data) if message.shared else message.data


def _stretches(file: File, layout: bytes) -> Iterator[tuple[int, int]]:
    """Address and size of what a layout message leads to; nothing for layouts of an unknown kind."""
    version, kind = layout[0], layout[1]
    if version not in (3, 4):
        return
    if kind == _CONTIGUOUS:
        address = file.address(layout, 2)
        if address is not None:
            yield address, number(layout, 2 + file.offsets, file.lengths)
    elif kind == _CHUNKED and version == 3:
        rank = number(layout, 2, 1)
        tree = file.address(layout, 3)
        if tree is not None and rank:
            yield from _chunks(file, tree, rank, [MAX_CHUNKS], 0)


def _chunks(file: File, address: int, rank: int, left: list[int], depth: int) -> Iterator[tuple[int, int]]:
    """The chunks below a node of a tree of chunks (version 1)."""
    start = file.read(address, 8 + 2 * file.offsets)
    if start[:4] != b"TREE" or start[4] != 1 or depth > MAX_DEPTH:
        raise Unreadable(f"no tree of chunks at {address}")
    level, count = start[5], number(start, 6, 2)
    key = 8 + 8 * rank
    body = file.read(address + len(start), count * (key + file.offsets))
    for entry in range(count):
        left[0] -= 1
        if left[0] < 0:
            return
        at = entry * (key + file.offsets)
        child = file.address(body, at + key)
        if child is None:
            continue
        if level:
            yield from _chunks(file, child, rank, left, depth + 1)
        else:
            yield child, number(body, at, 4)


def _listed(file: File, address: int, length: int, most: int) -> Iterator[tuple[int, int]]:
    """The lists of bytes that a stretch of references leads to."""
    step = 8 + file.offsets
    references = file.read(address, min(length - length % step, most * step))
    for at in range(0, len(references), step):
        heap = file.address(references, at + 4)
        place = heap_place(file, heap, number(references, at + 4 + file.offsets, 4)) if heap else None
        if place:
            yield place
