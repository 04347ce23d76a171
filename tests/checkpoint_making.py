"""PyTorch checkpoints put together by hand: opcodes as `torch.save` writes them, without PyTorch."""

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Numbers:
    """A tensor of a checkpoint: which storage it lies in, and how."""

    key: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0
    kind: str = "FloatStorage"
    length: int = 0


@dataclass(frozen=True)
class Called:
    """What a name is called with, whatever that would do."""

    module: str
    name: str
    given: tuple[object, ...] = ()


def pickled(value: object) -> bytes:
    """The value as a pickle of protocol 2."""
    return b"\x80\x02" + _written(value) + b"."


def _written(value: object) -> bytes:
    if isinstance(value, dict):
        items = b"".join(_written(key) + _written(item) for key, item in value.items())
        return b"}(" + items + b"u"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(_written, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(_written, value)) + b"e"
    if isinstance(value, Called):
        return f"c{value.module}\n{value.name}\n".encode() + _written(value.given) + b"R"
    if isinstance(value, Numbers):
        return _tensor(value)
    return pickle.dumps(value, 2)[2:-1]


def _tensor(value: Numbers) -> bytes:
    place = f"ctorch\n{value.kind}\n".encode() + _written(value.key) + _written("cpu") + _written(value.length or 100)
    storage = b"(" + _written("storage") + place + b"tQ"
    rest = b"".join(map(_written, (value.offset, value.shape, value.strides, False)))
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + rest + b"ccollections\nOrderedDict\n)RtR"


def zipped(data_pkl: bytes, storages: Mapping[str, bytes], **more: bytes) -> bytes:
    """A checkpoint in the zip that PyTorch writes today; `more` are entries beside `data.pkl`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", data_pkl)
        for key, data in storages.items():
            archive.writestr(f"archive/data/{key}", data)
        for name, data in more.items():
            archive.writestr(f"archive/{name}", data)
    return file.getvalue()


def in_line(value: object, storages: Mapping[str, tuple[int, bytes]]) -> bytes:
    """A checkpoint as PyTorch wrote it before the zip; of each storage how many numbers, and their bytes."""
    machine = {"protocol_version": 1001, "little_endian": True}
    head = [0x1950A86A20F9469CFC6C, 1001, machine, value, list(storages)]
    tail = b"".join(struct.pack("<q", count) + data for count, data in storages.values())
    return b"".join(map(pickled, head)) + tail


def floats(*numbers: float) -> bytes:
    """Their bytes in a storage."""
    return struct.pack(f"<{len(numbers)}f", *numbers)
