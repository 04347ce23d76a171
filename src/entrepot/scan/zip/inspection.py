"""Everything to be said about a zip file: its members, and what stands between them."""

import stat
from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.archive import Links, check_link, check_path
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Found, Member
from entrepot.scan.rules import found
from entrepot.scan.sample import LEFT, Sample
from entrepot.scan.source import Source, Window
from entrepot.scan.zip.layout import MARKER_SIZE, Use, layout
from entrepot.scan.zip.members import link_target, open_member
from entrepot.scan.zip.records import LOCAL_SIZE
from entrepot.scan.zip.walk import Archive, Placed, walk

_DEVICES = (stat.S_IFBLK, stat.S_IFCHR)
_BOMB_RATIO = 100
_SHORT = 24
"""Bytes of a field in which no pickle has room."""
_SHOWN = 1 << 20
_SIGNS = (b"\x80", b"gA", b"800", b"\n")
"""One of them is in whatever a pickle looks like: in bytes, in base64, in hexadecimal digits, in the first protocol."""
_WEIGHTS = (".npz", ".pt", ".pth", ".ckpt", ".bin", ".ptl", ".keras", ".th")
_SCRIPTS = (".sh", ".bash", ".bat", ".cmd", ".ps1", ".vbs", ".command", ".hta")


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a format yields. Raises `Unreadable` and `OutOfBudget`."""
    source = sample.source
    archive = walk(sample, budget)
    yield from archive.oddities
    yield from _sizes(archive, budget, source.size)
    uses = layout(archive.names)
    chosen = [(member, uses.use(member.entry.name)) for member in archive.members]
    links = Links()
    for member, use in sorted(chosen, key=lambda pair: pair[1].opaque):
        budget.check_time()
        yield from _check_entry(source, member, links)
        if sample.suffix in _WEIGHTS and member.entry.name.lower().endswith(_SCRIPTS):
            message = f"a file of weights holds the script {member.entry.name!r}"
            yield found("executable.script-inside", message, at=Location(offset=member.at))
        if not _is_nothing(source, member, use):
            yield from open_member(source, member, use, budget)
    if sample.glances:
        yield Unread(f"{archive.left} tensors' values and what lies between members, {LEFT}")
    else:
        yield from _between(source, archive)
        yield from _notes(source, archive, budget)


def _check_entry(source: Source, member: Placed, links: Links) -> Iterator[Found]:
    entry = member.entry
    for name in dict.fromkeys((entry.name, entry.alias, member.local.name if member.local else "")):
        yield from check_path(name, member.at)
    yield from links.check(entry.name, member.at)
    target = link_target(source, member)
    if target is not None:
        links.add(entry.name, target)
        yield from check_link(entry.name, target, member.at)
    if stat.S_IFMT(entry.mode) in _DEVICES:
        yield found("archive.device", f"{entry.name!r} is a device", at=Location(offset=member.at))


def _is_nothing(source: Source, member: Placed, use: Use) -> bool:
    """Whether there is nothing to look at: a folder, a link, an empty file, or a loader's word in plain text."""
    entry = member.entry
    if not entry.packed and not entry.size and member.local and not member.local.packed and not member.hidden:
        return True
    if link_target(source, member) is not None:
        return True
    if not use.marker or entry.method or not 0 < entry.packed == entry.size <= MARKER_SIZE:
        return False
    data = source.read(member.data, entry.packed)
    return data.isascii() and all(32 <= byte < 127 or byte in b"\r\n\t" for byte in data)


def _sizes(archive: Archive, budget: Budget, have: int) -> Iterator[Found]:
    total = sum(member.entry.size for member in archive.members if member.entry.method)
    if total > budget.limits.bytes_unpacked and total > have * _BOMB_RATIO:
        yield found("archive.bomb", f"{have} bytes claim to become {total}")


def _between(source: Source, archive: Archive) -> Iterator[Found]:
    for start, stop in archive.comments:
        comment = source.read(start, stop - start)
        if not _is_plain_text(comment):
            yield Member("comment", Window(source, start, stop - start))
    for start, stop in archive.gaps:
        name = "leading" if start == 0 else "trailing" if stop == source.size else f"gap at {start}"
        yield Member(name, Window(source, start, stop - start))


def _notes(source: Source, archive: Archive, budget: Budget) -> Iterator[Found]:
    """What lies in fields and comments that unpacking does not touch: of directories, and of local headers."""
    # Loaded here: of a glance it is nothing.
    from entrepot.scan.inside import pickles

    places = list(archive.owned)
    for member in archive.members:
        start = member.at + LOCAL_SIZE + len(member.local.raw) if member.local else member.data
        if member.data - start > _SHORT:
            places.append((start, member.data))
    for start, stop in places:
        field = source.read(start, min(stop - start, _SHOWN))
        if any(sign in field for sign in _SIGNS):
            yield from pickles(source, budget, start, stop)


def _is_plain_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\r\n\t" for char in text)
