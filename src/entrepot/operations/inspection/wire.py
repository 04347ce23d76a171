"""How the server and the processes that scan speak: messages with their length before them, over a socket."""

import json
import os
import struct
from dataclasses import asdict, dataclass

from entrepot.scan.budget import Limits, OutOfBudget

MAX_MESSAGE = 64 << 20
"""A report with all its evidence is far smaller."""
MAX_READ = 8 << 20
"""Bytes that one answer to a read has at most."""
_LENGTH = struct.Struct("!I")
_RANGE = struct.Struct("!QQ")

READ, REPORT, FAILED, PROCESS = b"R", b"D", b"F", b"P"
BYTES, REFUSED, SPENT = b"B", b"E", b"O"


class Closed(Exception):
    """The other side is gone."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to be scanned: what it is called, how large it is, and whether a descriptor came along."""

    name: str
    size: int
    has_file: bool
    folder: str
    """Where it may write while it works."""
    memory: int
    limits: Limits
    families: tuple[str, ...] = ()
    glances: bool = False

    def dump(self) -> bytes:
        """The job as one message."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def load(cls, data: bytes) -> "Job":
        """The job again."""
        said = json.loads(data)
        said["limits"] = Limits(**said["limits"])
        said["families"] = tuple(said["families"])
        return cls(**said)


def framed(kind: bytes, content: bytes = b"") -> bytes:
    """A message of that kind."""
    return _LENGTH.pack(len(content) + 1) + kind + content


def length_of(head: bytes) -> int:
    """How many bytes follow the first four; raises `Closed` for more than anybody sends."""
    (length,) = _LENGTH.unpack(head)
    if not 1 <= length <= MAX_MESSAGE:
        raise Closed("a message has no sensible length")
    return int(length)


def range_of(content: bytes) -> tuple[int, int]:
    """Offset and size of a read; raises `Closed` for what is no read."""
    if len(content) != _RANGE.size:
        raise Closed("a read is malformed")
    offset, size = _RANGE.unpack(content)
    return int(offset), min(int(size), MAX_READ)


def process_of(content: bytes) -> tuple[int, list[str]]:
    """The process that scans, and the protections that confine it; raises `Closed` for what names no process."""
    try:
        said = json.loads(content)
        process, protections = said["process"], [str(name) for name in said["protections"]]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise Closed("a process is malformed") from error
    # What is not greater than 1 would be a group of processes, or all of them.
    if isinstance(process, bool) or not isinstance(process, int) or process <= 1:
        raise Closed("a process is malformed")
    return process, protections


class Line:
    """The scanning side's end: it does one thing at a time, so it simply waits."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, kind: bytes, content: bytes = b"") -> None:
        """Send one message; raises `OSError` where nobody listens any more."""
        data = memoryview(framed(kind, content))
        while data:
            data = data[os.write(self._descriptor, data) :]

    def receive(self) -> tuple[bytes, bytes]:
        """The kind and content of the next message; raises `Closed`."""
        message = self._exactly(length_of(self._exactly(_LENGTH.size)))
        return message[:1], message[1:]

    def _exactly(self, size: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            piece = os.read(self._descriptor, size - len(pieces))
            if not piece:
                raise Closed("the server is gone")
            pieces += piece
        return bytes(pieces)


class AskedSource:
    """A file that lies elsewhere: each read asks the server, which knows where."""

    def __init__(self, line: Line, size: int) -> None:
        self._line = line
        self._size = size

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self._size

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; raises `OSError` where they can't be had, and `OutOfBudget`."""
        pieces: list[bytes] = []
        end = min(self._size, offset + size)
        while offset < end:
            self._line.send(READ, _RANGE.pack(offset, end - offset))
            kind, content = self._line.receive()
            if kind == SPENT:
                raise OutOfBudget(content.decode("utf-8", "replace"))
            if kind != BYTES:
                raise OSError(content.decode("utf-8", "replace"))
            if not content:
                break
            pieces.append(content)
            offset += len(content)
        return b"".join(pieces)


class DescriptorSource:
    """A file whose descriptor was handed over: its name is nobody's business."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self._size

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; raises `OSError`."""
        return os.pread(self._descriptor, max(0, min(size, self._size - offset)), offset)
