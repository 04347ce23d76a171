"""The headers of a tar archive, with what pax and GNU put before them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.source import Source
from entrepot.scan.tar.holes import Holes, number, old_holes, pax_holes

BLOCK = 512
MAX_EXTENDED = 1 << 20
"""Bytes of one extended header; real ones hold a path or two."""
MAX_PLACES = 15
_SIGNED = bytes(range(128, 256))


@dataclass(frozen=True, slots=True)
class Header:
    """One member: its header at `at`, its bytes at `data`, the next header at `next`."""

    name: str
    kind: bytes
    size: int
    target: str
    at: int
    data: int
    next: int
    differs: str = ""
    """What readers would disagree on."""
    sparse: Holes | None = None
    extended: tuple[tuple[int, int], ...] = ()
    """Where the extended headers before it stand."""


def is_header(block: bytes) -> bool:
    """Whether the block's checksum is right, as today's or as the oldest tars computed it."""
    told = number(block[148:156])
    if told is None or len(block) < BLOCK:
        return False
    plain = block[:148] + b" " * 8 + block[156:BLOCK]
    total = sum(plain)
    return told in (total, total - 256 * (len(plain) - len(plain.translate(None, _SIGNED))))


def headers(source: Source, budget: Budget) -> Iterator[Header]:
    """All members up to the end mark. Raises `Unreadable` at a block that is no header."""
    at = 0
    everywhere: dict[str, str] = {}
    extended: dict[str, str] = {}
    places: tuple[tuple[int, int], ...] = ()
    while True:
        budget.spend_values()
        block = source.read(at, BLOCK)
        if len(block) < BLOCK or not block.strip(b"\0"):
            return
        if not is_header(block):
            raise Unreadable(f"no tar header at byte {at}, where the next one should stand")
        size = number(block[124:136])
        if size is None or size < 0:
            raise Unreadable(f"a tar header without a size at byte {at}")
        kind, data = block[156:157], at + BLOCK
        if kind in (b"x", b"g", b"X"):
            (everywhere if kind == b"g" else extended).update(_records(_extension(source, data, size)))
        elif kind in (b"L", b"K"):
            text = _text(_extension(source, data, size))
            extended["path" if kind == b"L" else "linkpath"] = text
        else:
            header = _header(source, block, at, size, everywhere | extended)
            yield replace(header, extended=places)
            extended, places = {}, ()
            at = header.next
            continue
        places = (*places[-MAX_PLACES:], (data, data + size))
        at = data + _whole(size)


def _header(source: Source, block: bytes, at: int, size: int, extended: dict[str, str]) -> Header:
    plain = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        plain = f"{_text(block[345:500])}/{plain}"
    kind = block[156:157]
    real, differs = size, ""
    if extended.get("size", "").isdigit() and len(extended["size"]) < 20:
        real = int(extended["size"])
        if real != size and (size or real < 1 << 33):
            differs = f"{size} bytes by its header, {real} by the extended one"
    data = at + BLOCK
    # Links and devices have no bytes, whatever their size field says; only then would readers go astray.
    length = 0 if kind in (b"1", b"2", b"3", b"4", b"5", b"6") else real
    holes = None
    if kind == b"S":
        holes = old_holes(source, block, at)
        data = holes.data
    elif any(key.startswith("GNU.sparse.") for key in extended):
        holes = pax_holes(source, data, length, extended)
    name = extended.get("GNU.sparse.name") or extended.get("path") or plain
    target = extended.get("linkpath") or _text(block[157:257])
    return Header(name, kind, length, target, at, data, data + _whole(length), differs, holes)


def _whole(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _extension(source: Source, at: int, size: int) -> bytes:
    if size > MAX_EXTENDED:
        raise Unreadable(f"an extended tar header of {size} bytes")
    return source.read(at, size)


def _records(data: bytes) -> dict[str, str]:
    """Records of an extended header by name; of what repeats, the last one, but of a map of holes all of them."""
    known: dict[str, str] = {}
    holes: list[str] = []
    for key, value in _pax(data):
        if key in ("GNU.sparse.offset", "GNU.sparse.numbytes"):
            holes.append(value)
        known[key] = value
    return known | ({"GNU.sparse.map": ",".join(holes)} if holes else {})


def _pax(data: bytes) -> Iterator[tuple[str, str]]:
    """Records of the form `12 path=name`, newline at the end."""
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or len(length) > 8 or not 0 < int(length) <= len(data):
            return
        key, _, value = data[len(length) + 1 : int(length) - 1].partition(b"=")
        yield key.decode("utf-8", "replace"), value.decode("utf-8", "replace")
        data = data[int(length) :]


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "replace")
