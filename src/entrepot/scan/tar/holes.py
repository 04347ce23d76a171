"""Files with holes in a tar archive: what is stored of them, and where it belongs. GNU's four ways to say that."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.source import Source

BLOCK = 512
_IN_HEADER, _IN_BLOCK = (386, 4), (0, 21)
_MORE_IN_HEADER, _MORE_IN_BLOCK, _REAL = 482, 504, 483
_ENTRY = 24
MAX_PIECES = 1 << 16
"""Pieces of one file; real ones have a few."""


@dataclass(frozen=True, slots=True)
class Holes:
    """A file's whole size, its pieces (where each belongs, and how long it is), and where the first one is stored."""

    size: int
    pieces: tuple[tuple[int, int], ...]
    data: int

    @property
    def stored(self) -> int:
        """Bytes of all pieces."""
        return sum(length for _, length in self.pieces)


class Filled:
    """The file as it is unpacked: its pieces where they belong, zeros between them, which the budget pays for."""

    def __init__(self, source: Source, holes: Holes, budget: Budget) -> None:
        self._source = source
        self._holes = holes
        self._budget = budget
        self.size = holes.size
        self._begins = [begin for begin, _ in holes.pieces]
        self._stored = list(accumulate((length for _, length in holes.pieces), initial=holes.data))

    def read(self, offset: int, size: int) -> bytes:
        """As `Source.read`."""
        size = max(0, min(size, self.size - offset))
        self._budget.check_string(size)
        self._budget.spend_unpacked(size)
        out = bytearray(size)
        for index in range(max(0, bisect_right(self._begins, offset) - 1), len(self._begins)):
            begin, length = self._holes.pieces[index]
            start, stop = max(begin, offset), min(begin + length, offset + size)
            if begin >= offset + size:
                break
            if start < stop:
                piece = self._source.read(self._stored[index] + start - begin, stop - start)
                out[start - offset : start - offset + len(piece)] = piece
        return bytes(out)


def old_holes(source: Source, block: bytes, at: int) -> Holes:
    """As GNU's own kind of member has it: in the header, and in blocks that follow it. Raises `Unreadable`."""
    pieces = _entries(block, *_IN_HEADER)
    more, data = block[_MORE_IN_HEADER], at + BLOCK
    while more:
        block_of_entries = source.read(data, BLOCK)
        if len(block_of_entries) < BLOCK or len(pieces) > MAX_PIECES:
            raise Unreadable("a file with more holes than its header has room for")
        pieces += _entries(block_of_entries, *_IN_BLOCK)
        more, data = block_of_entries[_MORE_IN_BLOCK], data + BLOCK
    return _checked(number(block[_REAL : _REAL + 12]), pieces, data)


def pax_holes(source: Source, data: int, size: int, extended: dict[str, str]) -> Holes:
    """As extended headers have it: in themselves, or before the file's bytes. Raises `Unreadable`."""
    real = _decimal(extended.get("GNU.sparse.realsize") or extended.get("GNU.sparse.size") or "")
    if extended.get("GNU.sparse.major") == "1":
        numbers, data = _numbers(source, data, size)
    else:
        numbers = [_decimal(text) for text in extended.get("GNU.sparse.map", "").split(",") if text][: 2 * MAX_PIECES]
    return _checked(real, list(zip(numbers[::2], numbers[1::2], strict=False)), data)


def _numbers(source: Source, data: int, size: int) -> tuple[list[int], int]:
    """The numbers, a line each, how many pairs there are before them; and where the block after them begins."""
    text = source.read(data, min(size, (2 * MAX_PIECES + 1) * 21))
    count = _decimal(text[:21].split(b"\n")[0].decode("latin-1"))
    lines = text.split(b"\n", 2 * count + 1) if count <= MAX_PIECES else []
    if len(lines) < 2 * count + 2:
        raise Unreadable("a map of holes that does not end")
    numbers = [_decimal(line.decode("latin-1")) for line in lines[1 : 2 * count + 1]]
    used = sum(len(line) + 1 for line in lines[: 2 * count + 1])
    return numbers, data + -(-used // BLOCK) * BLOCK


def _checked(size: int | None, pieces: list[tuple[int, int]], data: int) -> Holes:
    reached = 0
    for begin, length in pieces:
        if begin < reached or length < 0:
            raise Unreadable("a file with pieces that are not one behind the other")
        reached = begin + length
    if size is None or reached > size:
        raise Unreadable("a file with pieces beyond its end")
    return Holes(size, tuple(pieces), data)


def _entries(block: bytes, at: int, count: int) -> list[tuple[int, int]]:
    found = []
    for place in range(at, at + count * _ENTRY, _ENTRY):
        begin, length = number(block[place : place + 12]), number(block[place + 12 : place + 24])
        if begin is None or length is None:
            raise Unreadable("a map of holes without numbers")
        if not begin and not length and not block[place : place + _ENTRY].strip(b"\0"):
            break
        found.append((begin, length))
    return found


def _decimal(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 19:
        raise Unreadable(f"a map of holes with {text[:30]!r} for a number")
    return int(text)


def number(field: bytes) -> int | None:
    """A number of a tar header: octal digits, or binary behind a mark, negative or not; None where it is none."""
    if field[:1] in (b"\x80", b"\xff"):
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else -1
    text = field.split(b"\0")[0].strip()
    if not text:
        return 0
    try:
        return int(text, 8) if text.isdigit() else None
    except ValueError:
        return None
