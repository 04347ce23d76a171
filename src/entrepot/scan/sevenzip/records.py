"""The header of a 7z archive (7zFormat.txt of the LZMA SDK), read strictly and within bounds."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from entrepot.scan.budget import Budget, Unreadable

START = 32
"""Bytes before the packed streams."""
MAX_CODERS = 32
MAX_STREAMS = 4
END, HEADER, ARCHIVE, MAIN, FILES, PACK, UNPACK, SUB = 0, 1, 2, 4, 5, 6, 7, 8
SIZE, CRC, FOLDER, UNPACK_SIZE, COUNT, EMPTY, NAMES, ATTRIBUTES, ENCODED = 9, 10, 11, 12, 13, 14, 17, 21, 23
"""The numbers of what stands in a header."""


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of a folder: its method's number, and its settings."""

    method: bytes
    properties: bytes
    ins: int
    outs: int


@dataclass(slots=True)
class Folder:
    """Members that are packed together: the coders, how they are joined, and what comes out of each."""

    coders: list[Coder]
    bonds: dict[int, int]
    """The output that feeds each input."""
    packed: list[int]
    """Inputs that take the packed streams, in their order."""
    sizes: list[int] = field(default_factory=list)
    streams: int = 1
    parts: list[int] = field(default_factory=list)
    """Sizes of the members in it."""

    @property
    def last(self) -> int:
        """The output that feeds no input: what the folder unpacks to."""
        fed = set(self.bonds.values())
        return next((out for out in range(len(self.coders)) if out not in fed), 0)

    @property
    def size(self) -> int:
        """Bytes of what the folder unpacks to."""
        return self.sizes[self.last] if len(self.sizes) > self.last else 0


@dataclass(slots=True)
class Streams:
    """Where the packed streams stand, and what they unpack to."""

    at: int = 0
    packed: list[int] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)

    def places(self) -> list[tuple[int, int]]:
        """Where each folder's first packed stream begins and ends. Raises `Unreadable`."""
        places, number, at = [], 0, self.at
        for folder in self.folders:
            own = self.packed[number : number + len(folder.packed)]
            if not own:
                raise Unreadable("a folder of the 7z archive has no packed stream")
            places.append((at, at + own[0]))
            number += len(own)
            at += sum(own)
        return places


@dataclass(slots=True)
class File:
    """A member by its name; without a stream it is a folder or empty."""

    name: str = ""
    has_stream: bool = True
    mode: int = 0


class Reader:
    """Reads one header. Every method raises `Unreadable`."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data = data
        self._at = 0
        self._budget = budget

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def take(self, size: int) -> bytes:
        """The next bytes."""
        if size > len(self._data) - self._at:
            raise Unreadable("the header of the 7z archive is cut off")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self) -> int:
        """A number of one to nine bytes: the first byte's leading ones say how many."""
        self._budget.spend_values()
        first = self.byte()
        value, mask = 0, 0x80
        for index in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << (8 * index)
            value |= self.byte() << (8 * index)
            mask >>= 1
        return value

    def count(self) -> int:
        """A number of things, each of which takes at least a bit of what is left."""
        count = self.number()
        if count > 8 * (len(self._data) - self._at) + 8:
            raise Unreadable(f"the 7z header claims {count} things, and has no room for them")
        return count

    def bits(self, count: int) -> list[bool]:
        """So many truths, eight to a byte."""
        data = self.take(-(-count // 8))
        return [bool(data[index // 8] & 0x80 >> index % 8) for index in range(count)]

    def _defined(self, count: int) -> list[bool]:
        return [True] * count if self.byte() else self.bits(count)

    def digests(self, count: int) -> None:
        """Pass over checksums."""
        self.take(4 * sum(self._defined(count)))

    def streams(self) -> Streams:
        """Where packed streams are and how they are packed."""
        streams = Streams()
        kind = self.byte()
        if kind == PACK:
            self._pack(streams)
            kind = self.byte()
        if kind == UNPACK:
            self._unpack(streams)
            kind = self.byte()
        for folder in streams.folders:
            folder.parts = [folder.size]
        if kind == SUB:
            self._sub(streams)
            kind = self.byte()
        if kind != END:
            raise Unreadable(f"something unknown in the 7z header: {kind}")
        return streams

    def _pack(self, streams: Streams) -> None:
        streams.at = START + self.number()
        count = self.count()
        for kind in iter(self.byte, END):
            if kind == SIZE:
                streams.packed = [self.number() for _ in range(count)]
            elif kind == CRC:
                self.digests(count)
            else:
                raise Unreadable(f"something unknown among the 7z archive's packed streams: {kind}")

    def _unpack(self, streams: Streams) -> None:
        if self.byte() != FOLDER:
            raise Unreadable("the 7z header has no folders")
        count = self.count()
        if self.byte():
            raise Unreadable("the 7z header's folders are elsewhere")
        streams.folders = [self._folder() for _ in range(count)]
        for kind in iter(self.byte, END):
            if kind == UNPACK_SIZE:
                for folder in streams.folders:
                    folder.sizes = [self.number() for _ in range(sum(coder.outs for coder in folder.coders))]
            elif kind == CRC:
                self.digests(count)
            else:
                raise Unreadable(f"something unknown among the 7z archive's folders: {kind}")

    def _folder(self) -> Folder:
        coders = [self._coder() for _ in range(self._few(MAX_CODERS))]
        ins, outs = sum(coder.ins for coder in coders), sum(coder.outs for coder in coders)
        bonds = {}
        for _ in range(outs - 1):
            into = self.number()
            bonds[into] = self.number()
        free = ins - len(bonds)
        if free < 1 or any(into >= ins or out >= outs for into, out in bonds.items()):
            raise Unreadable("a folder of the 7z archive is joined wrongly")
        if free == 1:
            return Folder(coders, bonds, [next(index for index in range(ins) if index not in bonds)])
        return Folder(coders, bonds, [self.number() for _ in range(free)])

    def _few(self, limit: int) -> int:
        count = self.number()
        if not 0 < count <= limit:
            raise Unreadable(f"{count} coders or streams in a 7z folder")
        return count

    def _coder(self) -> Coder:
        flags = self.byte()
        method = self.take(flags & 15)
        ins = outs = 1
        if flags & 0x10:
            ins, outs = self._few(MAX_STREAMS), self._few(MAX_STREAMS)
        return Coder(method, self.take(self.number()) if flags & 0x20 else b"", ins, outs)

    def _sub(self, streams: Streams) -> None:
        kind = self.byte()
        if kind == COUNT:
            for folder in streams.folders:
                folder.streams = self.number()
            kind = self.byte()
        unknown = 0
        for folder in streams.folders:
            self._budget.spend_values(folder.streams)
            sizes = [self.number() for _ in range(folder.streams - 1)] if kind == SIZE else []
            left = folder.size - sum(sizes)
            if left < 0 or (folder.streams > 1 and kind != SIZE):
                raise Unreadable("members of the 7z archive don't fit their folder")
            folder.parts = [*sizes, left] if folder.streams else []
            unknown += folder.streams
        if kind == SIZE:
            kind = self.byte()
        while kind != END:
            if kind != CRC:
                raise Unreadable(f"something unknown among the 7z archive's members: {kind}")
            self.digests(unknown)
            kind = self.byte()

    def files(self) -> list[File]:
        """The members by their names."""
        count = self.count()
        files = [File() for _ in range(count)]
        for kind in iter(self.number, END):
            data = Reader(self.take(self.number()), self._budget)
            if kind == EMPTY:
                for file, empty in zip(files, data.bits(count), strict=True):
                    file.has_stream = not empty
            elif kind == NAMES and not data.byte():
                for file, name in zip(files, data.names(), strict=False):
                    file.name = name
            elif kind == ATTRIBUTES:
                data.attributes(files)
        return files

    def names(self) -> Iterator[str]:
        """Names in UTF-16, each with a zero at its end."""
        text = self.take(len(self._data) - self._at).decode("utf-16-le", "replace")
        yield from text.split("\0")[:-1]

    def attributes(self, files: list[File]) -> None:
        """Unix file modes, where they stand in the upper half of the attributes."""
        defined = self._defined(len(files))
        if self.byte():
            return
        for file, is_there in zip(files, defined, strict=True):
            if is_there:
                value = int.from_bytes(self.take(4), "little")
                file.mode = value >> 16 if value & 0x8000 else 0
