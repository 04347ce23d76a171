"""PyTorch checkpoints opened for their weights: the zip that `torch.save` writes, and the format before it."""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from entrepot.conversion import pickled
from entrepot.conversion.calls import Aside
from entrepot.conversion.tensors import BYTES, Storage, Tensor
from entrepot.domain.errors import Invalid, TooLarge

MAGIC = 0x1950A86A20F9469CFC6C
"""The number that the format before the zip begins with."""
PIECE = 1 << 20
MAX_PICKLE = 256 << 20
MAX_STRIDED = 8 << 30
"""Bytes of a storage that are held in memory, where a tensor does not lie in it as safetensors wants it."""
USUAL_KEYS = ("state_dict", "model_state_dict", "model", "module", "weights")
"""Under which names training frameworks keep the weights beside optimizers and counters."""
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError),
    *(OverflowError, OSError),
)
"""What Python's reader of zip files raises on hostile ones."""


class Storages(Protocol):
    """Where the bytes of a checkpoint's storages are."""

    def read(self, storage: Storage, start: int, end: int) -> Iterator[bytes]:
        """Those bytes of it, in pieces; raises `Invalid` where there are fewer."""
        ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tensors of a checkpoint by name, and what else it holds, which stays behind."""

    tensors: Mapping[str, Tensor]
    left_out: tuple[str, ...]
    storages: Storages

    def pieces(self, tensor: Tensor) -> Iterator[bytes]:
        """The tensor's bytes, by rows; raises `Invalid` where they are not all there."""
        start, end = tensor.span
        if tensor.is_contiguous:
            yield from self.storages.read(tensor.storage, start, start + tensor.size)
            return
        if end - start > MAX_STRIDED:
            raise TooLarge(f"a tensor that is spread over {end - start:,} bytes can't be put in order here")
        spread = memoryview(b"".join(self.storages.read(tensor.storage, start, end)))
        yield from _in_order(_by_width(spread, BYTES[tensor.dtype]), tensor)


def _by_width(data: memoryview, width: int) -> memoryview:
    """The bytes as numbers of so many bytes each; what they mean does not matter."""
    if width == 8:
        return data.cast("Q")
    return data.cast("I") if width == 4 else data.cast("H") if width == 2 else data


def _in_order(numbers: memoryview, tensor: Tensor) -> Iterator[bytes]:
    """The rows of a tensor that lies in its storage in another way, such as transposed."""
    *outer, (length, stride) = zip(tensor.shape, tensor.strides, strict=True)

    def rows(at: int, left: list[tuple[int, int]]) -> Iterator[bytes]:
        if not left:
            yield (
                numbers[at : at + (length - 1) * stride + 1 : stride].tobytes()
                if stride
                else (numbers[at : at + 1].tobytes() * length)
            )
            return
        for index in range(left[0][0]):
            yield from rows(at + index * left[0][1], left[1:])

    return rows(0, outer)


@contextmanager
def opened(path: Path, key: str = "") -> Iterator[Checkpoint]:
    """The checkpoint at a path, for as long as it is used; of several dictionaries in it the one named `key`.

    Raises `Invalid` for what is none, or holds no dictionary of names and tensors.
    """
    with path.open("rb") as file:
        with _read():
            is_zip = file.read(4) == b"PK\x03\x04"
            file.seek(0)
            found = _of_zip(zipfile.ZipFile(file), key) if is_zip else _of_stream(file, key)
        yield found


@contextmanager
def _read() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise Invalid(f"it can't be read: {str(error)[:200] or type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class _Zip:
    archive: zipfile.ZipFile
    prefix: str

    def read(self, storage: Storage, start: int, end: int) -> Iterator[bytes]:
        with _read(), self.archive.open(f"{self.prefix}data/{storage.key}") as entry:
            entry.seek(start)
            yield from _pieces(entry, end - start)


def _pieces(file: "_Readable", count: int) -> Iterator[bytes]:
    while count:
        piece = file.read(min(PIECE, count))
        if not piece:
            raise Invalid("it ends before its tensors do")
        count -= len(piece)
        yield piece


class _Readable(Protocol):
    def read(self, count: int, /) -> bytes: ...


def _of_zip(archive: zipfile.ZipFile, key: str) -> Checkpoint:
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise Invalid("the archive has two entries of one name: readers don't agree on which one counts")
    pickles = [name for name in names if name.endswith("data.pkl") and name.count("/") <= 1]
    if len(pickles) != 1:
        raise Invalid("it is no checkpoint of PyTorch: there is not one data.pkl in it")
    prefix = pickles[0].removesuffix("data.pkl")
    if f"{prefix}constants.pkl" in names:
        raise Invalid("it is a TorchScript program; its weights can't be taken out by name")
    _check_order(archive, f"{prefix}byteorder", names)
    if archive.getinfo(pickles[0]).file_size > MAX_PICKLE:
        raise TooLarge(f"its pickle is larger than {MAX_PICKLE >> 20} MiB")
    with archive.open(pickles[0]) as entry:
        data = b"".join(_pieces(entry, archive.getinfo(pickles[0]).file_size))
    tensors, left_out = _chosen(pickled.read(BytesIO(data)).value, key)
    sizes = {name: archive.getinfo(name).file_size for name in names}
    for tensor in tensors.values():
        held = sizes.get(f"{prefix}data/{tensor.storage.key}", -1)
        if tensor.span[1] > held:
            raise Invalid("it does not hold all the numbers of its tensors")
    return Checkpoint(tensors, left_out, _Zip(archive, prefix))


def _check_order(archive: zipfile.ZipFile, name: str, names: list[str]) -> None:
    if name not in names:
        return
    with archive.open(name) as entry:
        if entry.read(16) != b"little":
            raise Invalid("its numbers have their bytes in the other order; convert it where it was made")


@dataclass(frozen=True, slots=True)
class _Stream:
    file: BinaryIO
    places: Mapping[str, tuple[int, int]]
    """Where each storage begins in the file, and how many numbers it has."""

    def read(self, storage: Storage, start: int, end: int) -> Iterator[bytes]:
        at = self.places[storage.key][0] + start
        while start < end:
            with _read():
                self.file.seek(at)
                piece = self.file.read(min(PIECE, end - start))
            if not piece:
                raise Invalid("it ends before its tensors do")
            yield piece
            at, start = at + len(piece), start + len(piece)


def _of_stream(file: BinaryIO, key: str) -> Checkpoint:
    if pickled.read(file).value != MAGIC:
        raise Invalid("it is no checkpoint of PyTorch")
    pickled.read(file)  # the protocol's version
    machine = pickled.read(file).value
    if isinstance(machine, dict) and machine.get("little_endian") is False:
        raise Invalid("its numbers have their bytes in the other order; convert it where it was made")
    said, keys = pickled.read(file), pickled.read(file).value
    tensors, left_out = _chosen(said.value, key)
    places = _places(file, keys, {name: BYTES.get(one.dtype, 1) for name, one in said.storages.items()})
    for tensor in tensors.values():
        if tensor.storage.key not in places or places[tensor.storage.key][1] < tensor.storage.length:
            raise Invalid("it does not hold all the numbers of its tensors")
    return Checkpoint(tensors, left_out, _Stream(file, places))


def _places(file: BinaryIO, keys: object, widths: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Storages stand one after the other, each behind its length in numbers."""
    places: dict[str, tuple[int, int]] = {}
    end = os.fstat(file.fileno()).st_size
    for key in keys if isinstance(keys, list) else []:
        count = int.from_bytes(file.read(8), "little")
        if not isinstance(key, str) or key not in widths:
            raise Invalid("it keeps numbers that no tensor of it names")
        begin, size = file.tell(), count * widths[key]
        if begin + size > end:
            raise Invalid("it ends before its tensors do")
        places[key] = (begin, count)
        file.seek(begin + size)
    return places


def _chosen(said: object, key: str) -> tuple[Mapping[str, Tensor], tuple[str, ...]]:
    """The dictionary of tensors, and what stands beside it."""
    if isinstance(said, Tensor):
        return {"tensor": said}, ()
    if not isinstance(said, dict):
        raise Invalid("it holds no dictionary of tensors")
    if key:
        within = said.get(key)
        if not isinstance(within, dict):
            named = ", ".join(sorted(str(name)[:40] for name, value in said.items() if isinstance(value, dict))[:10])
            raise Invalid(f"it has no dictionary {key!r}" + (f"; there are: {named}" if named else ""))
        return _named(within, key, said)
    if any(isinstance(value, Tensor) for value in said.values()):
        return _named(said, "", {})
    for usual in USUAL_KEYS:
        within = said.get(usual)
        if isinstance(within, dict) and any(isinstance(value, Tensor) for value in within.values()):
            return _named(within, usual, said)
    raise Invalid("it holds no dictionary of names and tensors where one is usually kept; name one by --key")


def _named(
    found: Mapping[object, object], key: str, around: Mapping[object, object]
) -> tuple[Mapping[str, Tensor], tuple[str, ...]]:
    tensors = {name: value for name, value in found.items() if isinstance(name, str) and isinstance(value, Tensor)}
    if not tensors or "__metadata__" in tensors:
        raise Invalid("it holds no dictionary of names and tensors")
    if not all(name.isprintable() for name in tensors):
        raise Invalid("a tensor has a name that is no text")
    others = [_said(name, value) for name, value in found.items() if name not in tensors]
    others += [_said(name, value) for name, value in around.items() if name != key]
    return tensors, tuple(others)


def _said(name: object, value: object) -> str:
    kind = value.what if isinstance(value, Aside) else type(value).__name__
    return f"{str(name)[:80]} ({kind})"
