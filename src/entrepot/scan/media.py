"""Where pictures and sounds end: what stands behind that is another file."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.cursor import Cursor
from entrepot.scan.source import Source, pieces

_STEP = 64 << 10


def png_end(source: Source, budget: Budget) -> int:
    """Behind the chunk that ends a PNG. Raises `Unreadable`."""
    cursor = Cursor(source, budget, 8)
    cursor.big_endian()
    while True:
        budget.spend_values()
        size, kind = cursor.unsigned(4), cursor.take(4)
        if not kind.isalpha():
            raise Unreadable("a chunk without a name")
        cursor.skip(size + 4)
        if kind == b"IEND":
            return cursor.at


def jpeg_end(source: Source, budget: Budget) -> int:
    """Behind the marker that ends a JPEG. Raises `Unreadable`."""
    cursor = Cursor(source, budget, 2)
    cursor.big_endian()
    while True:
        budget.spend_values()
        mark = cursor.take(2)
        if mark[0] != 0xFF:
            raise Unreadable("no marker where one should be")
        if mark[1] == 0xD9:
            return cursor.at
        if mark[1] == 0xFF:
            cursor = _from(source, budget, cursor.at - 1)
            continue
        if mark[1] not in (0x01, *range(0xD0, 0xD8)):
            size = cursor.unsigned(2)
            if size < 2:
                raise Unreadable("a segment shorter than its own size")
            cursor.skip(size - 2)
        if mark[1] == 0xDA:
            cursor = _from(source, budget, _next_marker(source, cursor.at))


def _from(source: Source, budget: Budget, at: int) -> Cursor:
    cursor = Cursor(source, budget, at)
    cursor.big_endian()
    return cursor


def _next_marker(source: Source, at: int) -> int:
    """Past the picture's data, in which 0xFF is followed by zero or a restart mark."""
    last = b""
    for piece in pieces(source, at, step=_STEP):
        data = last + piece
        begin = at - len(last)
        place = data.find(b"\xff")
        while 0 <= place < len(data) - 1:
            if data[place + 1] not in (0, 0xFF, *range(0xD0, 0xD8)):
                return begin + place
            place = data.find(b"\xff", place + 1)
        last = data[-1:] if data[-1:] == b"\xff" else b""
        at += len(piece)
    raise Unreadable("the picture is cut off")


def gif_end(source: Source, budget: Budget) -> int:
    """Behind the byte that ends a GIF. Raises `Unreadable`."""
    cursor = Cursor(source, budget, 10)
    flags = cursor.unsigned(1)
    cursor.skip(2 + _colors(flags))
    while True:
        budget.spend_values()
        kind = cursor.unsigned(1)
        if kind == 0x3B:
            return cursor.at
        if kind == 0x2C:
            cursor.skip(8)
            cursor.skip(_colors(cursor.unsigned(1)) + 1)
        elif kind == 0x21:
            cursor.skip(1)
        else:
            raise Unreadable("no block where one should be")
        for size in iter(lambda: cursor.unsigned(1), 0):
            budget.spend_values()
            cursor.skip(size)


def _colors(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def boxes_end(source: Source, budget: Budget) -> int:
    """Behind the last box of an MP4 file, or of a relative. Raises `Unreadable`."""
    at = 0
    size = source.size
    while at < size:
        budget.spend_values()
        head = source.read(at, 16)
        length = int.from_bytes(head[:4], "big")
        if not _is_box(head[4:8]):
            return at
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            return size
        if length < 8:
            return at
        at += length
    if at > size:
        raise Unreadable("the last box is cut off")
    return at


def _is_box(kind: bytes) -> bool:
    return len(kind) == 4 and all(32 <= byte < 127 or byte == 0xA9 for byte in kind)


def ends_after(source: Source, size: int) -> Iterator[int]:
    """That place, if the file has it. Raises `Unreadable`."""
    if size > source.size:
        raise Unreadable("the file is cut off")
    yield size
