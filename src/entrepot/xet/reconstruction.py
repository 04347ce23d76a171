"""Plans of reconstruction: which ranges of which xorbs a range of a file is put together from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from entrepot.domain.errors import Corrupt, RangeNotSatisfiable
from entrepot.xet.merkle import XetHash
from entrepot.xet.virtual import VirtualXorb


class ChunkMap(Protocol):
    """Where the chunks of a xorb lie; a `XorbIndex` or a `VirtualXorb`."""

    def physical_range(self, start: int, end: int) -> tuple[int, int]: ...
    def unpacked_start(self, chunk: int) -> int: ...
    def unpacked_length(self, start: int, end: int) -> int: ...
    def chunk_at(self, offset: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Term:
    """A range of a xorb's chunks (`end` excluded) that unpacks to `length` bytes of a file."""

    xorb: XetHash
    start: int
    end: int
    length: int


@dataclass(frozen=True, slots=True)
class Fetch:
    """A range of a xorb's chunks (`end` excluded) and of its bytes (`last_byte` included)."""

    xorb: XetHash
    start: int
    end: int
    first_byte: int
    last_byte: int


@dataclass(frozen=True, slots=True)
class Cover:
    """The terms that hold the wanted bytes; `first` and `end` (exclusive) count from their beginning."""

    terms: tuple[Term, ...]
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How to put a range of a file together: unpack the terms, and drop `offset` bytes at the front."""

    offset: int
    terms: tuple[Term, ...]
    fetches: tuple[Fetch, ...]


def covered(terms: Sequence[Term], first: int = 0, last: int | None = None) -> Cover:
    """The terms that hold the file's bytes from `first` to `last` (inclusive, or the end).

    Raises `RangeNotSatisfiable` where the range begins past the end; one that only ends there is cut.
    The empty file as a whole is no terms.
    """
    size = sum(term.length for term in terms)
    end = size if last is None else min(last + 1, size)
    if size == 0 and first == 0 and last is None:
        return Cover((), 0, 0)
    if not 0 <= first < end:
        raise RangeNotSatisfiable(f"the file has {size} bytes, and none from {first} to {last}", size)
    kept: list[Term] = []
    position = before = 0
    for term in terms:
        if position + term.length <= first:
            before = position + term.length
        elif position < end:
            kept.append(term)
        position += term.length
    return Cover(tuple(kept), first - before, end - before)


def plan(cover: Cover, xorbs: Mapping[XetHash, ChunkMap]) -> Plan:
    """The plan for the covered range, from the maps of the xorbs that its terms name.

    Terms are cut to the chunks that are needed. Raises `Corrupt` where a term and its xorb disagree.
    """
    if not cover.terms:
        return Plan(0, (), ())
    terms: list[Term] = []
    position = offset = 0
    for term in cover.terms:
        found = _map_of(term, xorbs)
        base = found.unpacked_start(term.start)
        start = max(cover.first - position, 0)
        stop = min(cover.end - position, term.length)
        first, end = found.chunk_at(base + start), found.chunk_at(base + stop - 1) + 1
        if not terms:
            offset = base + start - found.unpacked_start(first)
        terms.append(Term(term.xorb, first, end, found.unpacked_length(first, end)))
        position += term.length
    return Plan(offset, tuple(terms), tuple(_fetches(terms, xorbs)))


def _map_of(term: Term, xorbs: Mapping[XetHash, ChunkMap]) -> ChunkMap:
    found = xorbs.get(term.xorb)
    if found is None:
        raise Corrupt(f"xorb {term.xorb} is part of the file, and missing")
    if found.unpacked_length(term.start, term.end) != term.length:
        raise Corrupt(f"xorb {term.xorb}: chunks {term.start} to {term.end} are not {term.length} bytes")
    return found


def _fetches(terms: Iterable[Term], xorbs: Mapping[XetHash, ChunkMap]) -> Iterable[Fetch]:
    """One fetch for chunk ranges of a xorb that touch or overlap, so that every term lies inside one."""
    ranges: dict[XetHash, list[tuple[int, int]]] = {}
    for term in terms:
        ranges.setdefault(term.xorb, []).append((term.start, term.end))
    for xorb, wanted in ranges.items():
        for start, end in _merged(wanted):
            first, stop = xorbs[xorb].physical_range(start, end)
            yield Fetch(xorb, start, end, first, stop - 1)


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def virtual_terms(xorbs: Iterable[VirtualXorb]) -> list[Term]:
    """The terms of a plain blob: each of its virtual xorbs, whole."""
    return [Term(xorb.hash, 0, len(xorb), xorb.length) for xorb in xorbs]
