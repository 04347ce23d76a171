"""PyTorch's format before 1.6: five pickles, then the storages' values one after another."""

from entrepot.scan.pickle.symbols import Global, Symbol

MAGIC = 0x1950A86A20F9469CFC6C
PICKLES = 5
"""Magic number, protocol, the writing system, the object, and the storages' keys."""
_SIZES = {
    "Bool": 1, "Byte": 1, "Char": 1, "Untyped": 1, "QInt8": 1, "QUInt8": 1, "QUInt4x2": 1, "QUInt2x4": 1,
    "Float8_e4m3fn": 1, "Float8_e5m2": 1, "Short": 2, "Half": 2, "BFloat16": 2, "UInt16": 2, "Int": 4, "Float": 4,
    "QInt32": 4, "UInt32": 4, "Long": 8, "Double": 8, "ComplexFloat": 8, "UInt64": 8, "ComplexDouble": 16,
}  # fmt: skip
COUNT = 8
"""Bytes of the number of items before each storage's values."""


class Storages:
    """The storages that a stream's persistent ids name, and how large they are."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}

    def note(self, pid: Symbol) -> None:
        """Remember what a persistent id names, if it is a storage."""
        match pid:
            case ("storage", Global(name=name), str() as key, _, int() as count, *_) if count >= 0:
                size = _SIZES.get(name.removesuffix("Storage"))
                if size is not None:
                    self._sizes[key] = size * count

    @property
    def size(self) -> int:
        """Bytes of all of them in a file, with their counts."""
        return sum(COUNT + size for size in self._sizes.values())
