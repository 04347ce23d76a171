"""NumPy arrays: a header of one Python literal, then values; or, for object arrays, a pickle."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.domain.report import Location, Unread
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source, Window

_MAGIC = b"\x93NUMPY"
MAX_HEADER = 1 << 20
"""NumPy itself reads 10,000 characters unless it is told to trust the file."""
MAX_DEPTH = 64
MAX_DIMENSIONS = 64
_BOMB = 1 << 30
_BOMB_RATIO = 1_000


@dataclass(frozen=True, slots=True)
class Array:
    """One array: where its values begin, how many bytes they are; `objects` where they are a pickle instead."""

    data: int
    size: int
    objects: bool
    sure: bool = True


class _NoLiteral(Unreadable):
    """The header is no literal of Python: readers that evaluate it run it."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"the array header is no literal: {why}")
        self.text = text


def _recognize(sample: Sample) -> bool:
    return sample.head[:6] == _MAGIC


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    source = sample.source
    at = 0
    # np.save may be called on one open file again and again.
    while source.read(at, 6) == _MAGIC:
        budget.spend_values()
        try:
            array = _header(source, at)
        except _NoLiteral as broken:
            yield from _commands(broken.text)
            raise
        if array.objects:
            yield Member(_named("objects", at), Window(source, array.data, source.size - array.data), ("pickle",))
            return
        if not array.sure:
            yield Member(_named("values", at), Window(source, array.data, source.size - array.data))
            return
        end = array.data + array.size
        if array.size and not source.read(end - 1, 1):
            yield from _short(source, array, at)
            return
        if array.size:
            yield Member(_named("values", at), Window(source, array.data, array.size), opaque=True)
        at = end
    yield from rest(source, at)


def _commands(text: str) -> Iterator[Found]:
    from entrepot.scan.embedded import commands

    yield from commands(text, "the array header", 0)


def _named(name: str, at: int) -> str:
    return f"{name} at {at}" if at else name


def _short(source: Source, array: Array, at: int) -> Iterator[Found]:
    have = source.size - array.data
    if array.size > _BOMB and array.size > have * _BOMB_RATIO:
        message = f"the header claims {array.size} bytes of values, and there are {have}"
        yield found("numpy.size-bomb", message, at=Location(offset=at))
    if have > 0:
        yield Member("values", Window(source, array.data, have), opaque=True)
    yield Unread(f"cut off: {array.size} bytes of values by the header, {have} there", array.data)


def _header(source: Source, at: int) -> Array:
    start = source.read(at, 12)
    version = start[6] if len(start) == 12 else 0
    if version not in (1, 2, 3):
        raise Unreadable(f"an array of version {version}")
    begin = at + (10 if version == 1 else 12)
    length = int.from_bytes(start[8:10] if version == 1 else start[8:12], "little")
    if length > MAX_HEADER:
        raise Unreadable(f"an array header of {length} bytes")
    data = source.read(begin, length)
    if len(data) < length:
        raise Unreadable("the array header is cut off")
    return _array(data, begin + length, version)


def _array(data: bytes, begin: int, version: int) -> Array:
    from entrepot.scan.dtypes import Unknown, item_size

    fields = _literal(data.decode("utf-8" if version == 3 else "latin-1", "replace"))
    if not isinstance(fields, dict) or not {"descr", "fortran_order", "shape"} <= set(fields):
        raise Unreadable("the array header lacks its fields")
    count = _count(fields["shape"])
    try:
        size, objects = item_size(fields["descr"])
    except Unknown:
        return Array(begin, 0, objects=False, sure=False)
    return Array(begin, count * size, objects)


def _count(shape: object) -> int:
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS:
        raise Unreadable("the array's shape is no tuple")
    count = 1
    for length in shape:
        if not isinstance(length, int) or length < 0 or count > 1 << 62:
            raise Unreadable("the array's shape is out of range")
        count *= length
    return count


def _literal(text: str) -> object:
    """The header as Python's literals have it, with the `L` that Python 2 put behind long integers."""
    import ast
    import re

    if sum(text.count(bracket) for bracket in "([{") > 100_000 or _depth(text) > MAX_DEPTH:
        raise Unreadable("the array header is nested too deep")
    text = re.sub(r"(\d)L(?=\s*[,)\]])", r"\1", text)
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise _NoLiteral(text, type(error).__name__) from None


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        if char in "([{-+~":
            depth += 1
            deepest = max(deepest, depth)
        elif char in ")]}":
            depth -= 1
    return deepest


FORMAT = Format(
    "npy",
    _recognize,
    _inspect,
    "a NumPy array",
    RunsCode.RARELY,
    "object arrays: a pickle",
    (".npy",),
    firsts=b"\x93",
)
