"""MessagePack read item by item: what is large is passed by its length, and nothing is built."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.cursor import Cursor
from entrepot.scan.source import Source

MAX_DEPTH = 512
"""Levels; msgpack for Python refuses 1,024, readers that recurse run out of stack earlier."""
MAX_TEXT = 1 << 20
_SIZES = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4}
_NUMBERS = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_FIXED = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_COUNTS = {0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}


class Bomb(Exception):
    """More is claimed than any reader should make room for; `args` say what, and where."""


@dataclass(slots=True)
class Blob:
    """A text (`code` None), a byte string (also None), or an extension with its code."""

    start: int
    size: int
    kind: str
    key: str
    """The key under which it stands, or `[]`; empty for a key itself."""
    code: int = 0
    is_key: bool = False
    depth: int = 0


@dataclass(slots=True)
class _Frame:
    left: int
    is_map: bool
    key: str = ""
    place: int = field(default=0)


def walk(source: Source, budget: Budget, at: int, size: int) -> Iterator[Blob | int]:
    """The texts, byte strings and extensions of one value in the order of the file; last, where the value ends.
    Raises `Unreadable` and `Bomb`."""
    cursor = Cursor(source, budget, at)
    frames: list[_Frame] = [_Frame(1, is_map=False)]
    while frames:
        frame = frames[-1]
        if not frame.left:
            frames.pop()
            continue
        budget.spend_values()
        frame.left -= 1
        is_key = frame.is_map and frame.place % 2 == 0
        frame.place += 1
        code = cursor.unsigned(1)
        if opened := _container(code, cursor, size):
            if len(frames) > MAX_DEPTH:
                raise Bomb(f"values nested more than {MAX_DEPTH} deep", cursor.at)
            opened.key = frame.key
            frames.append(opened)
        elif blob := _blob(code, cursor):
            blob.is_key, blob.depth, blob.key = is_key, len(frames), "" if is_key else frame.key
            if is_key:
                frame.key = _key(source, blob)
            _check_size(blob, size)
            yield blob
            cursor.skip(blob.size)
    yield cursor.at


def _container(code: int, cursor: Cursor, size: int) -> _Frame | None:
    if 0x80 <= code <= 0x9F:
        count, is_map = code & 15, code < 0x90
    elif code in _COUNTS:
        count, is_map = cursor.unsigned_big(_COUNTS[code]), code >= 0xDE
    else:
        return None
    items = 2 * count if is_map else count
    if items > size - cursor.at:
        if items > 1 << 16:
            raise Bomb(f"a collection of {count} items where {size - cursor.at} bytes are left", cursor.at)
        raise Unreadable(f"a collection of {count} items at {cursor.at} is cut off")
    return _Frame(items, is_map)


def _blob(code: int, cursor: Cursor) -> Blob | None:
    """The text, byte string or extension that begins there; None for a number or constant, which is passed."""
    extension = 0
    if 0xA0 <= code <= 0xBF:
        return Blob(cursor.at, code & 31, "text", "")
    if code in _SIZES:
        length = cursor.unsigned_big(_SIZES[code])
        if 0xC7 <= code <= 0xC9:
            extension = cursor.unsigned(1)
            return Blob(cursor.at, length, "extension", "", extension)
        return Blob(cursor.at, length, "text" if code >= 0xD9 else "bytes", "")
    if code in _FIXED:
        extension = cursor.unsigned(1)
        return Blob(cursor.at, _FIXED[code], "extension", "", extension)
    if code == 0xC1:
        raise Unreadable(f"the byte 0xc1, which no value begins with, at {cursor.at - 1}")
    cursor.take(_NUMBERS.get(code, 0))
    return None


def _check_size(blob: Blob, size: int) -> None:
    if blob.start + blob.size > size:
        if blob.size > 1 << 24:
            raise Bomb(f"a value of {blob.size} bytes where {size - blob.start} are left", blob.start)
        raise Unreadable(f"a value of {blob.size} bytes at {blob.start} is cut off")


def _key(source: Source, blob: Blob) -> str:
    return source.read(blob.start, min(blob.size, 200)).decode("utf-8", "replace")
