"""Numbers and bytes of R's three encodings: XDR (big-endian), native (little-endian here) and ASCII."""

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.cursor import Cursor
from entrepot.scan.source import Source

NA = -(1 << 31)
_TOKEN = 4096
_ESCAPES = {110: 10, 116: 9, 118: 11, 98: 8, 114: 13, 102: 12, 97: 7}


class Binary:
    """XDR, or the native encoding of the machines that there are."""

    def __init__(self, source: Source, budget: Budget, at: int, *, little: bool) -> None:
        self._cursor = Cursor(source, budget, at)
        if not little:
            self._cursor.big_endian()

    @property
    def at(self) -> int:
        """The place of the next byte."""
        return self._cursor.at

    def integer(self) -> int:
        """A signed number of four bytes."""
        value = self._cursor.unsigned(4)
        return value - (1 << 32) if value >> 31 else value

    def text(self, size: int) -> bytes:
        """The bytes of a text."""
        return self._cursor.take(size)

    def pass_values(self, count: int, size: int) -> None:
        """Pass over numbers, or bytes."""
        self._cursor.skip(count * size)


class Ascii:
    """Everything as words between white space."""

    def __init__(self, source: Source, budget: Budget, at: int) -> None:
        self._cursor = Cursor(source, budget, at)

    @property
    def at(self) -> int:
        """The place of the next byte."""
        return self._cursor.at

    def _word(self) -> bytes:
        byte = self._cursor.take(1)
        while byte.isspace():
            byte = self._cursor.take(1)
        word = bytearray()
        while not byte.isspace() and len(word) < _TOKEN:
            word += byte
            byte = self._cursor.take(1)
        return bytes(word)

    def integer(self) -> int:
        """A number, or NA."""
        word = self._word()
        if word == b"NA":
            return NA
        try:
            return int(word)
        except ValueError:
            raise Unreadable(f"no number where one should be, before byte {self.at}") from None

    def text(self, size: int) -> bytes:
        """The bytes of a text, whose odd ones are escaped."""
        out = bytearray()
        byte = self._cursor.take(1) if size else b""
        while byte.isspace():
            byte = self._cursor.take(1)
        for number in range(size):
            if number:
                byte = self._cursor.take(1)
            out.append(byte[0] if byte != b"\\" else self._escaped())
        return bytes(out)

    def _escaped(self) -> int:
        first = self._cursor.take(1)[0]
        if not 48 <= first <= 55:
            return _ESCAPES.get(first, first)
        digits = bytes([first]) + self._cursor.take(2)
        return int(digits, 8) & 255 if digits.isdigit() and b"8" not in digits and b"9" not in digits else 0

    def pass_values(self, count: int, size: int) -> None:
        """Pass over words; a complex number has two."""
        for _ in range(count * (2 if size == 16 else 1)):
            self._word()


Encoding = Binary | Ascii


def encoding(source: Source, budget: Budget, at: int) -> Encoding:
    """The encoding that the two bytes there announce. Raises `Unreadable`."""
    kind = source.read(at, 2)
    if kind == b"A\n":
        return Ascii(source, budget, at + 2)
    if kind in (b"X\n", b"B\n"):
        return Binary(source, budget, at + 2, little=kind == b"B\n")
    raise Unreadable("no encoding of R's is announced")
