"""The oldest archives: one header before each member, and nothing more. `ar` and `cpio` differ in the header alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.domain.report import Location, Unread
from entrepot.scan.archive import Links, check_link, check_path, rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Found, Member
from entrepot.scan.rules import found
from entrepot.scan.source import Source, Window

_KIND, _FOLDER, _FILE, _LINK = 0o170000, 0o040000, 0o100000, 0o120000
_DEVICES = (0o010000, 0o020000, 0o060000, 0o140000)
MAX_NAME = 64 << 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One member: its header at `at`, its bytes at `data`."""

    name: str
    at: int
    data: int
    size: int
    mode: int = _FILE
    is_table: bool = False
    """Whether it is the archive's own, and no file."""


def walk(source: Source, entries: Iterator[Entry], budget: Budget) -> Iterator[Found]:
    """What is to be said about an archive with these members. Raises what `entries` raises."""
    links = Links()
    end = 0
    broken = None
    try:
        for entry in entries:
            budget.spend_values()
            end = entry.data + entry.size
            yield from _member(source, entry, links)
    except Unreadable as error:
        broken = error
    if end < source.size:
        yield from rest(source, end)
    if broken:
        raise broken


def _member(source: Source, entry: Entry, links: Links) -> Iterator[Found]:
    window = Window(source, entry.data, entry.size)
    if entry.is_table:
        if entry.size:
            yield Member(entry.name, window, opaque=True)
        return
    yield from check_path(entry.name, entry.at)
    yield from links.check(entry.name, entry.at)
    kind = entry.mode & _KIND
    if kind == _LINK:
        target = window.read(0, MAX_NAME).split(b"\0")[0].decode("utf-8", "replace")
        yield from check_link(entry.name, target, entry.at)
        links.add(entry.name, target)
    elif kind in _DEVICES:
        yield found("archive.device", f"{entry.name!r} is a device or pipe", at=Location(offset=entry.at))
    elif entry.size:
        yield Member(entry.name, window)
        if len(source.read(entry.data + entry.size - 1, 1)) < 1:
            yield Unread("the member is cut off", entry.data, entry.size, entry.name)
