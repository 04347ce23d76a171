"""Fetch: a range of a xorb, cleared for the way out, for somebody with a link to it."""

from dataclasses import dataclass, replace

from entrepot.catalog import terms, xorbs
from entrepot.domain.actor import Actor
from entrepot.domain.content import Blob, File, Json
from entrepot.domain.door import Door
from entrepot.domain.errors import FileNotFound, Forbidden
from entrepot.domain.names import RepositoryKey
from entrepot.domain.report import Report
from entrepot.operations import gate
from entrepot.operations.authorize import require_visible
from entrepot.operations.case import Case
from entrepot.operations.download import to_send
from entrepot.operations.gate import Clearance, Packed
from entrepot.operations.ingest import ingest
from entrepot.operations.registry import Registry
from entrepot.operations.stored import PlainSource
from entrepot.operations.xet.admit import Ticket, open_ticket
from entrepot.operations.xet.chunked import index_of
from entrepot.operations.xet.locate import locate
from entrepot.operations.xet.memory import Place
from entrepot.operations.xet.reconstruct import LINK, digest_of
from entrepot.operations.xet.woven import WovenSource
from entrepot.xet import virtual
from entrepot.xet.merkle import XetHash


@dataclass(frozen=True, slots=True)
class Parcel:
    """A xorb as a part of a file that its holder may have; its bytes need a clearance."""

    registry: Registry
    case: Case
    report: Report
    packed: Packed
    ranges: tuple[tuple[int, int], ...]
    """Where the bytes lie that belong to the file; a xorb may hold those of other files too."""
    is_final: bool

    @property
    def size(self) -> int:
        """Bytes of the whole xorb."""
        return self.packed.size

    async def clear(self, start: int, end: int) -> Clearance:
        """Permission to send the xorb's bytes from `start` up to `end`; raises `Forbidden`, `Blocked` or `Held`."""
        if not any(first <= start <= end <= stop for first, stop in self.ranges):
            raise Forbidden(f"the link is not for the bytes {start} to {end - 1} of the xorb")
        return await gate.clear_packed(self.registry, self.case, self.packed, self.report, is_final=self.is_final)


async def fetch(registry: Registry, key: RepositoryKey, link: str, caller: Actor) -> Parcel:
    """What a link leads to, for the one it was made for, wherever the caller is.

    Raises `Forbidden` for a link that has expired or lost its ground, `NotFound`, `Blocked` and `Held`.
    """
    ticket = await open_ticket(registry, LINK, link)
    if ticket.key != key:
        raise Forbidden(f"the link is for the repository {ticket.key}, and not for {key}")
    # Whoever is refused is written down as who asks now.
    ticket = replace(ticket, actor=ticket.actor.seen_with(caller))
    claims = registry.signer.open(LINK, link)
    repository, revision, file = await _place(registry, ticket, XetHash.parse(str(claims["file"])))
    require_visible(ticket.actor, revision.package, ticket.key, ticket.package)
    case = Case(repository, revision, ticket.actor, Door.XET_FETCH, file)
    got = await ingest(registry, case, lambda report: gate.glance(registry, case, report))
    file, case = got.file, case.of(got.file)
    if claims["number"] is None:
        packed, ranges = await _stored(registry, _chunked(file), XetHash.parse(str(claims["xorb"])))
    else:
        # Also where the file is kept as chunks by now: a client that has begun with one plan goes on with it.
        xorb = virtual.xorb(digest_of(file), file.size, _number(claims["number"]))
        woven = WovenSource(xorb, to_send(registry, case, got))
        packed, ranges = Packed(woven, xorb.physical_size), [(0, xorb.physical_size)]
    return Parcel(registry, case, got.report, packed, tuple(ranges), got.is_final)


async def _place(registry: Registry, ticket: Ticket, file: XetHash) -> Place:
    # Which of several names the bytes leave under depends on who asks, and on the law.
    law = await registry.firewall.law(registry.database)
    key = (ticket.key, ticket.package, ticket.ref, ticket.may_write, file, ticket.actor.token_id, law.generation)
    place = registry.xet.places.get(key)
    if place is None:
        place = await locate(registry, ticket, file, Door.XET_FETCH)
        if place[2].blob is not None:
            registry.xet.places.put(key, place)
    return place


def _number(value: Json) -> int:
    if not isinstance(value, int):
        raise Forbidden("the link is malformed")
    return value


def _chunked(file: File) -> Blob:
    if file.blob is None or not file.blob.chunked:
        # The file was stored in another form when the link was made: the client asks for a new plan.
        raise Forbidden("the link is for chunks that are not kept any more; ask for a new one")
    return file.blob


async def _stored(registry: Registry, blob: Blob, xorb: XetHash) -> tuple[Packed, list[tuple[int, int]]]:
    row = await registry.database.read(xorbs.find, xorb)
    if row is None:
        raise FileNotFound(f"xorb {xorb} is not here any more")
    source = PlainSource(registry.blobs, Blob(0, row.digest, row.size))
    key = (blob.id, row.id, row.digest)
    ranges = registry.xet.ranges.get(key)
    if ranges is None:
        index = await index_of(registry, row)
        used = await registry.database.read(terms.in_xorb, blob.id, xorb)
        ranges = [index.physical_range(start, end) for start, end in _joined(used)]
        registry.xet.ranges.put(key, ranges)
    return Packed(source, row.size), ranges


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges, those that touch or overlap made one, as in the plan."""
    joined: list[tuple[int, int]] = []
    for start, end in ranges:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
