"""NumPy's element types as file headers spell them: how large one item is, and whether it holds Python objects."""

import re
from functools import cache

MAX_NESTING = 32
_FIXED = {"?": 1, "b1": 1, "M8": 8, "m8": 8}


class Unknown(ValueError):
    """No type that is known; the bytes may be anything."""


@cache
def _plain() -> re.Pattern[str]:
    return re.compile(r"[<>|=]?([?biufcSaUVMm])(\d{0,9})(\[\d*[a-zA-Z]{1,7}(?:/\d+)?\])?")


def item_size(descr: object, depth: int = 0) -> tuple[int, bool]:
    """Bytes of one item, and whether objects are in it. Raises `Unknown`."""
    if depth > MAX_NESTING:
        raise Unknown("nested too deep")
    match descr:
        case str():
            return _named(descr)
        case list():
            sizes = [_field(field, depth) for field in descr]
            return sum(size for size, _ in sizes), any(objects for _, objects in sizes)
        case (inner, shape):
            size, objects = item_size(inner, depth + 1)
            return size * _items(shape), objects
    raise Unknown("no type")


def _field(field: object, depth: int) -> tuple[int, bool]:
    match field:
        case (_, kind):
            return item_size(kind, depth + 1)
        case (_, kind, shape):
            size, objects = item_size(kind, depth + 1)
            return size * _items(shape), objects
    raise Unknown("no field")


def _items(shape: object) -> int:
    lengths = shape if isinstance(shape, tuple) else (shape,)
    count = 1
    for length in lengths:
        if not isinstance(length, int) or not 0 <= length < 1 << 40 or count > 1 << 62:
            raise Unknown("no shape")
        count *= length
    return count


def _named(name: str) -> tuple[int, bool]:
    if re.fullmatch(r"[<>|=]?O\d?|object_?", name):
        return 8, True
    match = _plain().fullmatch(name)
    if match is None:
        raise Unknown(name[:100])
    kind, digits, _ = match.groups()
    if kind in "Mm?":
        return 1 if kind == "?" else 8, False
    if not digits:
        raise Unknown(name)
    return int(digits) * (4 if kind == "U" else 1), False
