"""Archives of `cpio`, in the three forms of its header: binary, octal digits, hexadecimal digits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source

if TYPE_CHECKING:
    from entrepot.scan.unixes import Entry

_NEW, _CHECKED, _OLD = b"070701", b"070702", b"070707"
_LITTLE, _BIG = b"\xc7\x71", b"\x71\xc7"
_HEADERS = {_NEW: 110, _CHECKED: 110, _OLD: 76, _LITTLE: 26, _BIG: 26}
_ALIGNED = {_NEW: 4, _CHECKED: 4, _OLD: 1, _LITTLE: 2, _BIG: 2}
_END = "TRAILER!!!"


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if head[:6] in _HEADERS:
        size = _HEADERS[head[:6]]
        return len(head) >= size and all(byte in b"0123456789abcdefABCDEF" for byte in head[6:size])
    if sample.opaque or head[:2] not in _HEADERS or len(head) < 28:
        return False
    mode, length, _ = _binary(head[:26])
    # Two bytes are little: the kind of file, and a name that ends where its length says, must fit as well.
    name = head[26 : 26 + length]
    return mode >> 12 in (1, 2, 4, 6, 8, 10, 12) and 1 < length < 1024 and name[-1:] == b"\0" and 0 not in name[:-1]


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: of most files nobody needs what reads this format.
    from entrepot.scan.unixes import walk

    return walk(sample.source, _entries(sample.source), budget)


def _entries(source: Source) -> "Iterator[Entry]":
    from entrepot.scan.unixes import MAX_NAME, Entry

    at = 0
    while True:
        magic = source.read(at, 6)
        magic = magic if magic in _HEADERS else magic[:2]
        if not source.read(at, 26).strip(b"\0"):
            return
        if magic not in _HEADERS:
            raise Unreadable(f"no header at byte {at}, where the next one should stand")
        mode, length, size = _fields(magic, source.read(at, _HEADERS[magic]))
        if length > MAX_NAME:
            raise Unreadable(f"a name of {length} bytes at byte {at}")
        start = at + _HEADERS[magic]
        name = source.read(start, length).split(b"\0")[0].decode("utf-8", "replace")
        data = _aligned(start + length, at, _ALIGNED[magic])
        after = _aligned(data + size, at, _ALIGNED[magic])
        if name == _END:
            # An empty entry, so that what follows it is known to follow.
            yield Entry(name, at, data, size, is_table=True)
            return
        yield Entry(name, at, data, size, mode)
        at = after


def _aligned(place: int, begin: int, step: int) -> int:
    return place + -(place - begin) % step


def _fields(magic: bytes, head: bytes) -> tuple[int, int, int]:
    """Mode, bytes of the name, bytes of the member."""
    if len(head) < _HEADERS[magic]:
        raise Unreadable("the last header is cut off")
    if len(magic) == 2:
        return _binary(head)
    places = ((18, 24), (59, 65), (65, 76)) if magic == _OLD else ((14, 22), (94, 102), (54, 62))
    try:
        mode, length, size = (int(head[start:stop], 8 if magic == _OLD else 16) for start, stop in places)
    except ValueError:
        raise Unreadable("a header with no number where one should be") from None
    if min(mode, length, size) < 0:
        raise Unreadable("a header with a negative number")
    return mode, length, size


def _binary(head: bytes) -> tuple[int, int, int]:
    order = "little" if head[:2] == _LITTLE else "big"
    words = [int.from_bytes(head[at : at + 2], order) for at in range(0, 26, 2)]  # type: ignore[arg-type]
    return words[3], words[10], words[11] << 16 | words[12]


FORMAT = Format(
    "cpio",
    _recognize,
    _inspect,
    "a cpio archive",
    RunsCode.RARELY,
    "what is inside",
    (".cpio",),
    firsts=b"0\xc7\x71",
)
