"""Everything to be said about a tar archive: its members, links and what follows its end."""

from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.archive import Links, check_link, check_path, rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Found, Member
from entrepot.scan.inside import pickles
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Window
from entrepot.scan.tar import pytorch
from entrepot.scan.tar.headers import BLOCK, Header, headers
from entrepot.scan.tar.holes import Filled

_FILES = b"0\x007"
_HARD, _SYMBOLIC, _FOLDER = b"1", b"2", b"5"
_DEVICES = (b"3", b"4", b"6")


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a format yields. Raises `Unreadable` and `OutOfBudget`."""
    source = sample.source
    links = Links()
    end = 0
    broken = None
    try:
        for header in headers(source, budget):
            end = header.next
            yield from _check(header, links)
            for start, stop in header.extended:
                yield from pickles(source, budget, start, stop)
            yield from _content(sample, header, budget)
    except Unreadable as error:
        broken = error
    yield from rest(source, end)
    if broken:
        raise broken


def _check(header: Header, links: Links) -> Iterator[Found]:
    at = Location(offset=header.at)
    yield from check_path(header.name, header.at)
    yield from links.check(header.name, header.at)
    if header.differs:
        yield found("archive.two-readings", f"readers disagree on {header.name!r}: {header.differs}", at=at)
    if header.kind in (_HARD, _SYMBOLIC):
        yield from check_link(header.name, header.target, header.at, hard=header.kind == _HARD)
        if header.kind == _SYMBOLIC:
            links.add(header.name, header.target)
    elif header.kind in _DEVICES:
        yield found("archive.device", f"{header.name!r} is a device or pipe", at=at)


def _content(sample: Sample, header: Header, budget: Budget) -> Iterator[Found]:
    if header.sparse:
        yield Member(header.name, Filled(sample.source, header.sparse, budget))
        # Readers that know of no holes take the pieces for the file.
        stored = Window(sample.source, header.sparse.data, header.next - header.sparse.data)
        yield Member(f"{header.name}, as stored", stored, opaque=True)
        if header.sparse.stored > stored.size or header.sparse.data + header.sparse.stored + BLOCK <= header.next:
            yield Unread(
                "a file with holes whose pieces are not what is stored of it", header.data, header.size, header.name
            )
    elif header.size and header.kind != _FOLDER:
        window = Window(sample.source, header.data, header.size)
        if header.name in pytorch.MEMBERS and window.read(0, 1) == b"\x80":
            yield from pytorch.pickles(header.name, window, budget)
        else:
            yield Member(header.name, window)
        if len(sample.source.read(header.data + header.size - 1, 1)) < 1:
            yield Unread("the member is cut off", header.data, header.size, header.name)
