"""Opcodes that put a number, a text, bytes or an empty container on the stack."""

import codecs
import re
import struct
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TypeAlias

from entrepot.scan.pickle.state import Machine
from entrepot.scan.pickle.symbols import Items, Long, Symbol, Unknown

Handler: TypeAlias = Callable[[Machine], None]

HELD = 1024
"""Bytes of text or bytes that are held; of longer ones, only where they stand."""
DIGITS = 4_300
"""Digits of a number that are converted; Python itself refuses more by default."""
_BEGINNING = 80
CARRIED = rb"(?:gA[I-X]|800[2-5]|\xc2\x80[\x02-\x05])"
"""How texts begin that may be a pickle in base64 or hexadecimal digits, or one whose bytes were made characters."""
BYTES_CARRIED = rb"(?:gA[I-X]|800[2-5]|\x80[\x02-\x05]|PK\x03\x04|[c(\]}\x8c][\x00-\x7f])"
"""And bytes: a pickle as it is, or a zip."""
ALLOCATED = 1 << 30
"""Bytes that may be announced and not follow; an unpickler allocates them before it finds out."""
_MOST = (1 << 63) - 1


def _constant(value: Symbol) -> Handler:
    def push(m: Machine) -> None:
        m.stack.append(value)

    return push


def _number(size: int, signed: bool) -> Handler:
    def push(m: Machine) -> None:
        m.stack.append(int.from_bytes(m.reader.take(size), "little", signed=signed))

    return push


def _binfloat(m: Machine) -> None:
    m.stack.append(struct.unpack(">d", m.reader.take(8))[0])


def _int(m: Machine) -> None:
    line = m.reader.line()
    m.stack.append({b"00": False, b"01": True}.get(line, _parsed(line, 0)))


def _long(m: Machine) -> None:
    m.stack.append(_parsed(m.reader.line().removesuffix(b"L"), 0))


def _parsed(line: bytes, base: int) -> Symbol:
    if len(line) > DIGITS:
        return Unknown("a number of very many digits")
    try:
        return int(line, base)
    except ValueError:
        # The C unpickler reads 010 as C does, Python's refuses it.
        try:
            return int(line, 8)
        except ValueError:
            return Unknown("not a number")


def _float(m: Machine) -> None:
    try:
        m.stack.append(float(m.reader.line()))
    except ValueError:
        m.fail("not a number")


def _long_counted(width: int, m: Machine) -> None:
    size = int.from_bytes(m.reader.take(width), "little", signed=width == 4)
    if size < 0:
        m.fail("a negative length")
    if size > HELD:
        m.reader.hop(size)
        m.stack.append(Unknown("a very large number"))
    else:
        m.stack.append(int.from_bytes(m.reader.take(size), "little", signed=True))


def _counted(kind: str, width: int, m: Machine) -> None:
    """Text or bytes behind a length of `width` bytes; only protocol 1's texts have signed ones."""
    size = int.from_bytes(m.reader.take(width), "little")
    if kind == "string" and width == 4 and size >= 1 << 31:
        m.fail("a negative length")
    if size > _MOST:
        m.fail("a length beyond all memory")
    offset = m.reader.offset
    if size > HELD:
        _check_announced(m, size)
        begins = m.reader.peek(_BEGINNING)
        m.reader.hop(size)
        value = _long_value("str" if kind in ("unicode", "string") else kind, offset, size)
        m.stack.append(value)
        _look_at(m, begins, value)
        return
    data = m.reader.take(size)
    if kind == "bytes":
        m.stack.append(data)
        _look_at(m, data, data)
    elif kind == "bytearray":
        m.stack.append(Items("bytearray", [data]))
        _look_at(m, data, data)
    else:
        m.stack.append(text := text_of(data))
        _look_at(m, data, data if kind == "string" else text)


def _long_value(kind: str, offset: int, size: int) -> Long:
    return Long(f"{kind} of {size} bytes", kind, offset, size)


def _look_at(m: Machine, data: bytes, value: str | bytes | Long) -> None:
    """Text and bytes may carry a pickle that somebody loads later: as it is, or as base64 or hexadecimal digits."""
    is_text = isinstance(value, str) or (isinstance(value, Long) and value.kind == "str")
    if _carried(CARRIED if is_text else BYTES_CARRIED).match(data):
        m.listener.constant(value, m.place)


@cache
def _carried(beginning: bytes) -> re.Pattern[bytes]:
    return re.compile(beginning)


def _check_announced(m: Machine, size: int) -> None:
    missing = size - (m.reader.size - m.reader.offset)
    if missing > ALLOCATED:
        m.listener.bomb("allocation", f"{size} bytes are announced, and {missing} of them are not there", m.place)


def text_of(data: bytes) -> str:
    """The bytes as text, in the encoding in which pickles have it."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _string(m: Machine) -> None:
    offset = m.reader.offset
    line = m.reader.line()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        m.fail("a string without quotes")
    if len(line) > HELD * 4:
        m.stack.append(_long_value("str", offset + 1, len(line) - 2))
        return
    try:
        data: bytes = codecs.escape_decode(line[1:-1])[0]
    except ValueError:
        m.fail("a wrong escape in a string")
    m.stack.append(text_of(data))
    _look_at(m, data, data)


def _unicode(m: Machine) -> None:
    offset = m.reader.offset
    line = m.reader.line()
    if len(line) > HELD * 4:
        m.stack.append(_long_value("str", offset, len(line)))
        return
    try:
        text = line.decode("raw-unicode-escape")
    except UnicodeDecodeError:
        m.fail("a wrong escape in a text")
    m.stack.append(text)
    _look_at(m, text[:_BEGINNING].encode("utf-8", "replace"), text)


def _empty(kind: str, m: Machine) -> None:
    m.stack.append(Items(kind))


HANDLERS: Mapping[str, Handler] = {
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "NEXT_BUFFER": _constant(Unknown("a buffer from elsewhere")),
    "BININT": _number(4, True),
    "BININT1": _number(1, False),
    "BININT2": _number(2, False),
    "BINFLOAT": _binfloat,
    "INT": _int,
    "LONG": _long,
    "FLOAT": _float,
    "LONG1": partial(_long_counted, 1),
    "LONG4": partial(_long_counted, 4),
    "STRING": _string,
    "UNICODE": _unicode,
    "SHORT_BINSTRING": partial(_counted, "string", 1),
    "BINSTRING": partial(_counted, "string", 4),
    "SHORT_BINUNICODE": partial(_counted, "unicode", 1),
    "BINUNICODE": partial(_counted, "unicode", 4),
    "BINUNICODE8": partial(_counted, "unicode", 8),
    "SHORT_BINBYTES": partial(_counted, "bytes", 1),
    "BINBYTES": partial(_counted, "bytes", 4),
    "BINBYTES8": partial(_counted, "bytes", 8),
    "BYTEARRAY8": partial(_counted, "bytearray", 8),
    "EMPTY_LIST": partial(_empty, "list"),
    "EMPTY_DICT": partial(_empty, "dict"),
    "EMPTY_SET": partial(_empty, "set"),
}
