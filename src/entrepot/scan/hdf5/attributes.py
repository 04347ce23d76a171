"""The attributes of an object: names and values, texts of variable length included."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Unreadable
from entrepot.scan.hdf5.dense import objects
from entrepot.scan.hdf5.file import File, Message, number

_ATTRIBUTE, _INFO, _DATATYPE = 0x0C, 0x15, 0x03
_NUMBER, _STRING, _VARIABLE, _OPAQUE = 0, 3, 9, 5
MAX_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name and its values, of texts and opaque bytes; numbers have none here but where they are bytes."""

    name: str
    values: tuple[bytes, ...]
    is_opaque: bool = False


def attributes(file: File, messages: list[Message]) -> Iterator[Attribute]:
    """The attributes in an object's header, and those that it keeps in a heap."""
    for message in messages:
        if message.kind == _ATTRIBUTE:
            yield _attribute(file, message.data)
        elif message.kind == _INFO:
            at = 2 + (2 if number(message.data, 1, 1) & 1 else 0)
            for data in objects(file, file.address(message.data, at), file.address(message.data, at + file.offsets), 0):
                yield _attribute(file, data)


def _attribute(file: File, data: bytes) -> Attribute:
    version = number(data, 0, 1)
    if version not in (1, 2, 3):
        raise Unreadable("an attribute of HDF5 in an unknown version")
    sizes = [number(data, at, 2) for at in (2, 4, 6)]
    at = 9 if version == 3 else 8
    parts = []
    is_committed = version > 1 and number(data, 1, 1) & 1
    for size in sizes:
        parts.append(data[at : at + size])
        at += -(-size // 8) * 8 if version == 1 else size
    name = parts[0].rstrip(b"\0").decode("utf-8", "replace")
    datatype = committed(file, parts[1]) if is_committed else parts[1]
    return Attribute(name, tuple(values(file, datatype, data[at:])), bool(datatype) and datatype[0] & 15 == _OPAQUE)


def committed(file: File, reference: bytes) -> bytes:
    """A datatype that stands in an object of its own, from what refers to it."""
    at = {1: 8, 2: 2, 3: 2}.get(number(reference, 0, 1))
    if at is None or (number(reference, 0, 1) == 3 and number(reference, 1, 1) == 1):
        raise Unreadable("a datatype of HDF5 that is shared in an unknown way")
    address = file.address(reference, at)
    messages = file.messages(address) if address is not None else []
    found = next((message.data for message in messages if message.kind == _DATATYPE and not message.shared), b"")
    if not found:
        raise Unreadable("a datatype of HDF5 that is not where it should be")
    return found


def values(file: File, datatype: bytes, data: bytes) -> Iterator[bytes]:
    """The texts and opaque values in data of that type."""
    kind, size = number(datatype, 0, 1) & 15, number(datatype, 4, 4)
    if kind in (_STRING, _OPAQUE) and size:
        for at in range(0, min(len(data) - size + 1, size * MAX_VALUES), size):
            yield data[at : at + size].rstrip(b"\0")
    elif kind == _NUMBER and size == 1:
        yield data
    elif kind == _VARIABLE:
        step = 4 + file.offsets + 4
        for at in range(0, min(len(data) - step + 1, step * MAX_VALUES), step):
            address = file.address(data, at + 4)
            if address:
                yield heap_object(file, address, number(data, at + 4 + file.offsets, 4))


def heap_object(file: File, address: int, index: int) -> bytes:
    """One object of a global heap; empty where it is not there."""
    place = heap_place(file, address, index)
    return file.read(*place) if place else b""


def heap_place(file: File, address: int, index: int) -> tuple[int, int] | None:
    """Address and size of one object of a global heap; None where it is not there."""
    start = file.read(address, 8 + file.lengths)
    if start[:4] != b"GCOL":
        raise Unreadable(f"no global heap at {address}")
    end = file.length(start, 8)
    at = len(start)
    for _ in range(MAX_VALUES * 10):
        if at + 8 + file.lengths > end:
            break
        head = file.read(address + at, 8 + file.lengths)
        found, size = number(head, 0, 2), file.length(head, 8)
        if found == index:
            return address + at + len(head), size
        if found == 0:
            break
        at += len(head) + -(-size // 8) * 8
    return None
