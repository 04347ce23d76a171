"""The file: where its objects begin, how wide its addresses are, and the messages of an object's header."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.hdf5 import SIGNATURE
from entrepot.scan.source import Source

MAX_MESSAGES = 100_000
MAX_BLOCKS = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an object header, and where it stands."""

    kind: int
    data: bytes
    offset: int
    shared: bool = False


class File:
    """Reads fields at addresses; every method raises `Unreadable` where the file is not as it should be."""

    def __init__(self, source: Source, budget: Budget, base: int) -> None:
        self.source = source
        self.budget = budget
        self.base = base
        self.offsets = self.lengths = 8
        self.end = 0
        self.root = self._superblock()

    def read(self, address: int, size: int) -> bytes:
        """Exactly that many bytes."""
        self.budget.spend_values()
        self.budget.check_string(size)
        data = self.source.read(self.base + address, size)
        if len(data) < size:
            raise Unreadable(f"HDF5 refers to bytes {address} to {address + size}, which the file does not have")
        return data

    def address(self, data: bytes, at: int) -> int | None:
        """An address in a structure; None for the undefined one."""
        raw = data[at : at + self.offsets]
        if len(raw) < self.offsets:
            raise Unreadable("a structure of HDF5 that is too short")
        return None if raw == b"\xff" * self.offsets else int.from_bytes(raw, "little")

    def length(self, data: bytes, at: int) -> int:
        """A length in a structure."""
        return number(data, at, self.lengths)

    def _superblock(self) -> int:
        block = self.source.read(self.base, 256)
        version = block[8] if len(block) > 8 else 255
        if block[:8] != SIGNATURE or version > 3:
            raise Unreadable("no superblock of HDF5")
        at = 13 if version < 2 else 9
        self.offsets, self.lengths = number(block, at, 1), number(block, at + 1, 1)
        if self.offsets not in (2, 4, 8) or self.lengths not in (2, 4, 8):
            raise Unreadable("addresses of HDF5 in an unusual width")
        at = {0: 24, 1: 28}.get(version, 12)
        # The end is told from the file's beginning, wherever the block before this one is counted from.
        self.end = max(0, (self.address(block, at + 2 * self.offsets) or 0) - (self.address(block, at) or 0))
        last = at + 4 * self.offsets + (self.offsets if version < 2 else -self.offsets)
        root = self.address(block, last)
        if root is None:
            raise Unreadable("HDF5 without a root group")
        return root

    def messages(self, address: int) -> list[Message]:
        """The messages of the object whose header stands there, with those of its continuations."""
        start = self.read(address, 16)
        found: list[Message] = []
        waiting = [self._first_block(address, start)]
        is_new = start[:4] == b"OHDR"
        tracked = bool(is_new and start[5] & 4)
        for _ in range(MAX_BLOCKS):
            if not waiting:
                return found
            place, size = waiting.pop()
            for message in self._in_block(place, self.read(place, size), is_new, tracked):
                found.append(message)
                if message.kind == 0x10:
                    waiting.append(self._continued(message.data, is_new))
            if len(found) > MAX_MESSAGES:
                break
        raise Unreadable("an object header of HDF5 that never ends")

    def _first_block(self, address: int, start: bytes) -> tuple[int, int]:
        if start[:4] != b"OHDR":
            if start[0] != 1:
                raise Unreadable(f"no object header of HDF5 at {address}")
            return address + 16, number(start, 8, 4)
        flags = start[5]
        at = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        return address + at + width, number(self.read(address + at, width), 0, width)

    def _continued(self, data: bytes, is_new: bool) -> tuple[int, int]:
        address, size = self.address(data, 0), self.length(data, self.offsets)
        if address is None:
            raise Unreadable("an object header of HDF5 that goes on nowhere")
        # New blocks begin with a signature and end with a checksum.
        return (address + 4, max(0, size - 8)) if is_new else (address, size)

    def _in_block(self, place: int, block: bytes, is_new: bool, tracked: bool) -> Iterator[Message]:
        head = (6 if tracked else 4) if is_new else 8
        at = 0
        while at + head <= len(block):
            self.budget.spend_values()
            kind = block[at] if is_new else number(block, at, 2)
            size = number(block, at + (1 if is_new else 2), 2)
            flags = block[at + (3 if is_new else 4)]
            yield Message(kind, block[at + head : at + head + size], place + at + head, bool(flags & 2))
            at += head + size


def number(data: bytes, at: int, size: int) -> int:
    """An unsigned number in a structure. Raises `Unreadable` where the structure is too short."""
    if at + size > len(data):
        raise Unreadable("a structure of HDF5 that is too short")
    return int.from_bytes(data[at : at + size], "little")
