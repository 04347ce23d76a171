"""TIFF pictures: directories of fields that say where everything stands, in any order and with anything between."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Found, Member
from entrepot.scan.source import Source, Window

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WHOLE = (1, 3, 4, 13, 16, 18)
_PAIRS = {273: 279, 324: 325, 288: 289, 513: 514, 519: 520}
"""Fields that tell where pixels (or nothing) stand, and those that tell how much of it."""
_DIRECTORIES = (330, 34665, 34853, 40965, 400)
MAX_DIRECTORIES = 4096
MAX_NUMBERS = 1 << 20
SMALL = 16
"""Bytes between two parts that may stand there for alignment, with anything in them."""


@dataclass(slots=True)
class _Picture:
    """What was found so far: the directories that wait, and the runs of bytes that are spoken for."""

    source: Source
    budget: Budget
    order: str
    is_big: bool
    waiting: list[int]
    spans: list[tuple[int, int]] = field(default_factory=list)
    values: list[tuple[int, int]] = field(default_factory=list)

    def number(self, at: int, size: int) -> int:
        data = self.source.read(at, size)
        if len(data) < size:
            raise Unreadable(f"the picture ends before byte {at + size}")
        return int.from_bytes(data, self.order)  # type: ignore[arg-type]


def inspect(source: Source, budget: Budget) -> Iterator[Found]:
    """What a format yields: long values, and what stands between the parts. Raises `Unreadable`, `OutOfBudget`."""
    head = source.read(0, 16)
    order = "little" if head[:2] == b"II" else "big"
    is_big = head[2:4] in (b"+\0", b"\0+")
    width, start = (8, 8) if is_big else (4, 4)
    picture = _Picture(source, budget, order, is_big, [])
    picture.waiting.append(picture.number(start, width))
    picture.spans.append((0, start + width))
    seen: set[int] = set()
    while picture.waiting:
        at = picture.waiting.pop()
        if at in seen or not at:
            continue
        if len(seen) >= MAX_DIRECTORIES:
            raise Unreadable(f"more than {MAX_DIRECTORIES} directories")
        seen.add(at)
        _directory(picture, at)
    for at, size in picture.values:
        yield Member(f"value at {at}", Window(source, at, size), opaque=True)
    yield from _between(source, picture.spans)


def _directory(picture: _Picture, at: int) -> None:
    wide = 8 if picture.is_big else 4
    head, entry = (8, 20) if picture.is_big else (2, 12)
    count = picture.number(at, head)
    if count > MAX_NUMBERS:
        raise Unreadable(f"a directory of {count} fields")
    places: dict[int, list[int]] = {}
    for place in range(at + head, at + head + count * entry, entry):
        picture.budget.spend_values()
        tag = picture.number(place, 2)
        numbers = _field(picture, place, wide, wanted=tag in _WANTED)
        if tag in _DIRECTORIES:
            picture.waiting += numbers
        elif tag in _WANTED:
            places[tag] = numbers
    end = at + head + count * entry
    picture.waiting.append(picture.number(end, wide))
    picture.spans.append((at, end + wide))
    for where, long in _PAIRS.items():
        for begin, size in zip(places.get(where, ()), places.get(long, ()), strict=False):
            picture.spans.append((begin, begin + size))


_WANTED = frozenset((*_PAIRS, *_PAIRS.values(), *_DIRECTORIES))


def _field(picture: _Picture, place: int, wide: int, *, wanted: bool) -> list[int]:
    """The numbers of a field that says where something stands; of any other, only its value's own place is noted."""
    kind, count = picture.number(place + 2, 2), picture.number(place + 4, wide)
    size = _SIZES.get(kind, 1) * count
    at = place + 4 + wide
    if size > wide:
        at = picture.number(at, wide)
        picture.spans.append((at, at + size))
        if size > SMALL and not wanted:
            picture.values.append((at, size))
    if not wanted or kind not in _WHOLE or count > MAX_NUMBERS:
        return []
    picture.budget.spend_values(count)
    step = _SIZES[kind]
    data = picture.source.read(at, size)
    return [int.from_bytes(data[one : one + step], picture.order) for one in range(0, len(data), step)]  # type: ignore[arg-type]


def _between(source: Source, spans: list[tuple[int, int]]) -> Iterator[Found]:
    reached = 0
    size = source.size
    for begin, end in sorted(spans):
        if begin - reached >= SMALL and begin <= size:
            yield from rest(source, reached, f"gap at {reached}", begin)
        reached = max(reached, end)
    if reached > size:
        raise Unreadable("the picture is cut off")
    yield from rest(source, reached)
