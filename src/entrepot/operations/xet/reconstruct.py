"""Reconstruct: how a file, or a range of it, is put together from ranges of xorbs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entrepot.catalog import terms
from entrepot.catalog.terms import TermRow
from entrepot.domain.content import Blob, File
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door
from entrepot.domain.errors import RangeNotSatisfiable, TooLarge
from entrepot.operations.case import Case
from entrepot.operations.download import release
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket
from entrepot.operations.xet.chunked import indexes_of
from entrepot.operations.xet.locate import locate
from entrepot.xet import reconstruction, virtual
from entrepot.xet.merkle import XetHash
from entrepot.xet.reconstruction import Plan, Term

LINK = "xet-fetch"
SHORTEST_LINK = 15 * 60
"""Clients plan ahead; a link has to be good for what is downloaded from one answer."""
MAX_PLANNED = 4096
"""How many xorbs one answer may name: 256 GiB as they usually are. Clients ask for a range at a time."""


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """A plan, and for each xorb in it the link that its ranges are fetched with."""

    plan: Plan
    links: Mapping[XetHash, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A range of a file, by its Xet hash: from `first` to `last` (inclusive), or to the end."""

    file: XetHash
    first: int = 0
    last: int | None = None


async def reconstruct(registry: Registry, ticket: Ticket, wanted: Wanted) -> Reconstruction:
    """The plan for a range of a file, cleared by the gate; every fetch is cleared again.

    Raises `NotFound`, `Blocked`, `RangeNotSatisfiable`, and what fetching a file from upstream raises.
    """
    repository, revision, file = await locate(registry, ticket, wanted.file, Door.XET_PLAN)
    case = Case(repository, revision, ticket.actor, Door.XET_PLAN, file)
    file = (await release(registry, case)).file
    if file.blob is not None and file.blob.chunked:
        plan = await _chunked(registry, file.blob, wanted)
        numbers: Mapping[XetHash, int] = {}
    else:
        plan, numbers = _virtual(file, wanted)
    seconds = max(registry.settings.link_seconds, SHORTEST_LINK)
    claims = {**ticket.claims(), "file": wanted.file.text}
    links = {
        xorb: registry.signer.sign(LINK, {**claims, "xorb": xorb.text, "number": numbers.get(xorb)}, seconds)
        for xorb in dict.fromkeys(fetch.xorb for fetch in plan.fetches)
    }
    return Reconstruction(plan, links)


def digest_of(file: File) -> Digest:
    """The digest that virtual xorbs are made up from."""
    if file.lfs is None:
        raise AssertionError("only large files are offered over Xet")
    return file.lfs


def _virtual(file: File, wanted: Wanted) -> tuple[Plan, dict[XetHash, int]]:
    first, end = _bounds(file.size, wanted)
    numbers = range(first // virtual.XORB, -(-end // virtual.XORB))
    if len(numbers) > MAX_PLANNED:
        raise TooLarge(f"one answer plans at most {MAX_PLANNED} xorbs; ask for a range")
    xorbs = {xorb.hash: xorb for xorb in (virtual.xorb(digest_of(file), file.size, number) for number in numbers)}
    before = numbers.start * virtual.XORB
    cover = reconstruction.covered(reconstruction.virtual_terms(xorbs.values()), first - before, end - before - 1)
    return reconstruction.plan(cover, xorbs), {xorb.hash: xorb.number for xorb in xorbs.values()}


async def _chunked(registry: Registry, blob: Blob, wanted: Wanted) -> Plan:
    first, end = _bounds(blob.size, wanted)
    rows = await registry.database.read(terms.between, blob.id, first, end)
    if len({row.xorb_id for row in rows}) > MAX_PLANNED:
        raise TooLarge(f"one answer plans at most {MAX_PLANNED} xorbs; ask for a range")
    indexes = await indexes_of(registry, rows)
    before = rows[0].offset if rows else 0
    cover = reconstruction.covered(_terms(rows), first - before, end - before - 1)
    return reconstruction.plan(cover, {row.xorb: indexes[row.xorb_id] for row in rows})


def _terms(rows: Sequence[TermRow]) -> list[Term]:
    return [Term(row.xorb, row.start, row.end, row.length) for row in rows]


def _bounds(size: int, wanted: Wanted) -> tuple[int, int]:
    end = size if wanted.last is None else min(wanted.last + 1, size)
    if not 0 <= wanted.first < end:
        raise RangeNotSatisfiable(f"the file has {size} bytes, and none from {wanted.first} to {wanted.last}", size)
    return wanted.first, end
