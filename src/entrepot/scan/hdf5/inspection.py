"""HDF5, object by object: where its values come from, and what its attributes hold."""

import re
from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.embedded import calls
from entrepot.scan.formats import Found, Member
from entrepot.scan.hdf5 import SIGNATURE, USER_BLOCKS
from entrepot.scan.hdf5.attributes import Attribute, attributes, heap_object
from entrepot.scan.hdf5.file import File, Message, number
from entrepot.scan.hdf5.links import Link, links
from entrepot.scan.hdf5.values import places
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource, Window

MAX_OBJECTS = 200_000
BOMB_BYTES = 1 << 44
"""Bytes that a dataset would have in memory, 16 TiB: no machine that loads models has them."""
_DATASPACE, _DATATYPE, _EXTERNAL, _LAYOUT = 0x01, 0x03, 0x07, 0x08
_VIRTUAL = 3
_SAME_FILE = 4
_BEGINNING = 256
# How a pickle begins: with its protocol's number, or in older ones with what names something.
_TEXT = 1 << 16
_PICKLED = re.compile(rb"\x80[\x02-\x05]|[(\]}.lp0-9N\n]{0,40}(?:c|\(i)[A-Za-z_][\w.]{0,100}\n[A-Za-z_][\w.]{0,100}\n")


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a file that begins, or goes on behind a user's block, with the signature holds."""
    source = sample.source
    base = next((at for at in USER_BLOCKS if source.read(at, 8) == SIGNATURE), None)
    if base is None:
        raise Unrecognized("no signature of HDF5")
    if base and not _is_matlab(source.read(0, base)):
        yield Member("user block", Window(source, 0, base))
    file = File(source, budget, base)
    yield from _objects(file)
    if 0 < base + file.end < source.size:
        yield Member("trailing", Window(source, base + file.end, source.size))


def _is_matlab(block: bytes) -> bool:
    """Whether the block in front is empty, or the heading that MATLAB writes there."""
    is_heading = block.startswith(b"MATLAB ") and block[126:128] in (b"IM", b"MI") and block[:116].isascii()
    return not (block[128:] if is_heading else block).strip(b"\0")


def _objects(file: File) -> Iterator[Found]:
    waiting = [("", file.root)]
    seen = {file.root}
    while waiting:
        path, address = waiting.pop()
        if len(seen) > MAX_OBJECTS:
            yield Unread(f"more than {MAX_OBJECTS} objects in the file")
            return
        try:
            messages = file.messages(address)
            yield from _object(file, path, messages)
            for link in links(file, messages):
                yield from _link(path, link)
                if link.address is not None and link.address not in seen:
                    seen.add(link.address)
                    waiting.append((f"{path}/{link.name}", link.address))
        except Unreadable as broken:
            yield Unread(str(broken), offset=address, member=path)


def _link(path: str, link: Link) -> Iterator[Found]:
    if link.file is not None:
        message = f"{path}/{link.name} is {link.path} of another file: {link.file}"
        yield found("hdf5.external-link", message, evidence=f"{path}/{link.name} -> {link.file}:{link.path}")


def _object(file: File, path: str, messages: list[Message]) -> Iterator[Found]:
    are_objects = False
    for attribute in attributes(file, messages):
        are_objects = are_objects or (attribute.name == "PSEUDOATOM" and b"object" in attribute.values)
        yield from _attribute(path, attribute)
    for address, size in places(file, messages, are_objects=are_objects):
        if _PICKLED.match(file.read(address, min(size, _BEGINNING))):
            place = Window(file.source, file.base + address, size)
            yield Member(f"values of {path}", place, opaque=not are_objects)
    for message in messages:
        if message.kind == _EXTERNAL:
            yield from _external(file, path, message)
        elif message.kind == _LAYOUT and message.data[1:2] == bytes([_VIRTUAL]):
            yield from _virtual(file, path, message)
    yield from _bomb(path, messages)


def _attribute(path: str, attribute: Attribute) -> Iterator[Found]:
    name = f"{path or '/'}@{attribute.name}"
    if attribute.name in ("model_config", "training_config"):
        for value in attribute.values:
            yield Member(name, BytesSource(value), ("json",))
        return
    joined = b"".join(attribute.values)
    if attribute.name.startswith("model_config"):  # split where it is too long for one attribute
        yield Member(name, BytesSource(joined))
    for value in attribute.values:
        yield from calls(value[:_TEXT].decode("latin-1"), name)
        # PyTables pickles what is no number or text of its own kinds.
        if _PICKLED.match(value[:_BEGINNING]) or (value[:1] in b"({[" and len(value) > 3):
            yield Member(name, BytesSource(value), opaque=not _PICKLED.match(value[:_BEGINNING]) and value[:1] != b"{")


def _external(file: File, path: str, message: Message) -> Iterator[Found]:
    heap = file.address(message.data, 8)
    names = _names(file, heap) if heap is not None else ""
    text = f"the values of {path} are in another file: {names or 'its name could not be read'}"
    yield found("hdf5.external-storage", text, evidence=names, at=Location(offset=message.offset))


def _names(file: File, heap: int) -> str:
    try:
        start = file.read(heap, 8 + 2 * file.lengths + file.offsets)
        place = file.address(start, 8 + 2 * file.lengths)
        size = min(file.length(start, 8), 4096)
        data = file.read(place, size) if start[:4] == b"HEAP" and place is not None else b""
    except Unreadable:
        return ""
    return ", ".join(part.decode("utf-8", "replace") for part in data.split(b"\0") if part.strip(b"\x01\x08\x10 "))


def _virtual(file: File, path: str, message: Message) -> Iterator[Found]:
    heap = file.address(message.data, 2)
    data = heap_object(file, heap, number(message.data, 2 + file.offsets, 4)) if heap else b""
    name = _sources(data, file.lengths)
    if name is not None:
        text = f"the values of {path} are put together from other files: {name or 'names that could not be read'}"
        yield found("hdf5.virtual", text, evidence=name, at=Location(offset=message.offset))


def _sources(data: bytes, width: int) -> str | None:
    """The other files that a virtual dataset is made of; None where there are none but its own."""
    if len(data) < 2 + width:
        return ""
    count, entries = number(data, 1, width), data[1 + width :]
    # Each entry names its file, "." for this one; a newer way to write that is a flag instead of the name.
    own = data[0] == 0 and entries.startswith(b".\0") and entries.count(b"\0.\0") >= count - 1
    if own or (data[0] == 1 and count == 1 and entries[0] & _SAME_FILE):
        return None
    names = [part for part in entries[data[0] == 1 :].split(b"\0") if len(part) > 1 and part.isascii()]
    return ", ".join(part.decode() for part in names[:8] if part.decode().isprintable())


def _bomb(path: str, messages: list[Message]) -> Iterator[Found]:
    spaces = [message.data for message in messages if message.kind == _DATASPACE]
    types = [message.data for message in messages if message.kind == _DATATYPE and not message.shared]
    if not spaces or not types or len(spaces[0]) < 4:
        return
    rank = spaces[0][1]
    at = 8 if spaces[0][0] == 1 else 4
    if at + 8 * rank > len(spaces[0]):
        return
    size = number(types[0], 4, 4) if len(types[0]) >= 8 else 1
    for dimension in range(rank):
        size *= number(spaces[0], at + 8 * dimension, 8)
    if size > BOMB_BYTES:
        yield found("hdf5.bomb", f"{path} would have {size} bytes in memory", evidence=path)
