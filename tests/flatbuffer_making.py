"""FlatBuffers, written by hand and from the back: enough for Arrow's schemas."""

import struct


class Maker:
    """Bytes that grow at their end; what is referred to is written later, and patched in."""

    def __init__(self) -> None:
        self.data = bytearray()

    def reserve(self, size: int) -> int:
        """Room for that many bytes, on a boundary of eight."""
        self.data += bytes(-len(self.data) % 8)
        at = len(self.data)
        self.data += bytes(size)
        return at

    def point(self, at: int, target: int) -> None:
        """Let the offset at a place lead to another."""
        struct.pack_into("<I", self.data, at, target - at)

    def table(self, **fields: "int | bytes | str | list[object] | dict[str, object]") -> int:
        """A table whose fields are named by their numbers, as `_1=…`; each takes eight bytes."""
        numbers = {int(name[1:]): value for name, value in fields.items()}
        count = max(numbers, default=-1) + 1
        shape = self.reserve(4 + 2 * count)
        at = self.reserve(8 + 8 * count)
        struct.pack_into("<HH", self.data, shape, 4 + 2 * count, 8 + 8 * count)
        struct.pack_into("<i", self.data, at, at - shape)
        for number, value in numbers.items():
            place = 8 + 8 * number
            struct.pack_into("<H", self.data, shape + 4 + 2 * number, place)
            self.put(at + place, value)
        return at

    def put(self, at: int, value: object) -> None:
        """A value at a place: numbers there, everything else behind an offset."""
        if isinstance(value, int):
            struct.pack_into("<q", self.data, at, value)
        elif isinstance(value, str | bytes):
            raw = value.encode() if isinstance(value, str) else value
            target = self.reserve(4 + len(raw) + 1)
            struct.pack_into("<I", self.data, target, len(raw))
            self.data[target + 4 : target + 4 + len(raw)] = raw
            self.point(at, target)
        elif isinstance(value, list):
            target = self.reserve(4 + 4 * len(value))
            struct.pack_into("<I", self.data, target, len(value))
            for number, item in enumerate(value):
                self.put(target + 4 + 4 * number, item)
            self.point(at, target)
        elif isinstance(value, dict):
            self.point(at, self.table(**value))


def flatbuffer(**fields: object) -> bytes:
    """A buffer whose root is that table."""
    maker = Maker()
    maker.reserve(8)
    maker.point(0, maker.table(**fields))  # type: ignore[arg-type]
    return bytes(maker.data) + bytes(-len(maker.data) % 8)
