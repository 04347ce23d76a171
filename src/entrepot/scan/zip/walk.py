"""All members of a zip file that any reader would see, and what the readers disagree on."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from entrepot.domain.report import Finding, Location
from entrepot.scan.archive import is_padding
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source
from entrepot.scan.zip.layout import layout
from entrepot.scan.zip.recognize import END, END_SIZE, ENTRY, LOCAL
from entrepot.scan.zip.records import DESCRIPTOR, LOCAL_SIZE, Directory, End, Entry, end_at, entries, local_at

MAX_ENDS = 64
"""End records that are followed; honest files have one, and one more for each zip file stored as a last member."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A member and where it is: its local header at `at`, its bytes from `data` to `end`."""

    entry: Entry
    local: Entry | None
    at: int
    data: int
    end: int
    hidden: bool = False


@dataclass(slots=True)
class Archive:
    """What a zip file holds: members, what is odd about it, and the places that belong to nothing."""

    members: list[Placed] = field(default_factory=list)
    oddities: list[Finding] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    owned: list[tuple[int, int]] = field(default_factory=list)
    """Directories and end records."""
    comments: list[tuple[int, int]] = field(default_factory=list)
    left: int = 0
    """Members that a glance leaves for later: they hold tensors' values."""

    @property
    def names(self) -> list[str]:
        """The names of all members."""
        return [member.entry.name for member in self.members]


def walk(sample: Sample, budget: Budget) -> Archive:
    """Every reading of the file, as one list. Raises `Unreadable` where there is no directory and no member.

    A glance does without the local headers of tensors' values, and without what lies between members.
    """
    archive = Archive()
    source = sample.source
    read: set[int] = set()
    ends = list(_ends(sample))
    own = {end.before - directory.size for end in ends for directory in _told(end)}
    for end in ends:
        if any(member.data <= end.at < member.end for member in archive.members):
            continue  # a zip file that is stored as a member
        archive.owned.append((end.before, min(end.stop, source.size)))
        archive.comments.append((end.at + END_SIZE, min(end.stop, source.size)))
        if any(end.at < other.at < end.stop for other in ends):
            archive.oddities.append(_odd("an archive stands in the comment of another", end.at))
        for place, shift, count in _directories(source, end):
            if place in read:
                continue
            if place not in own:
                archive.oddities.append(_odd(f"one end record leads to another directory at byte {place}", place))
            read.add(place)
            _read_directory(sample, budget, archive, (place, shift, count, end.before))
    _find_overlaps(archive)
    if not sample.glances:
        _find_gaps(source, budget, archive)
    if not archive.members and not archive.owned:
        raise Unreadable("a zip file without a directory or members")
    return archive


def _ends(sample: Sample) -> Iterator[End]:
    """End records, last first, which is the order in which readers look for them."""
    tail = sample.tail
    base = sample.source.size - len(tail)
    at = len(tail)
    for _ in range(MAX_ENDS):
        at = tail.rfind(END, 0, at)
        if at < 0:
            return
        end = end_at(sample.source, base + at)
        if end:
            yield end


def _directories(source: Source, end: End) -> Iterator[tuple[int, int, int]]:
    """Places, shifts and counts of the directories that readers may find by one end record.

    Some count the place from the file's start; others take the directory to end where the end records begin, and
    shift everything by what stands before the archive.
    """
    for directory in _told(end):
        for place in (end.before - directory.size, directory.offset):
            if place >= 0 and directory.size and source.read(place, 4) == ENTRY:
                yield place, place - directory.offset, directory.count


def _told(end: End) -> list[Directory]:
    """What the end record says, and what its larger one says, if that differs."""
    plain, large = end.directory, end.zip64
    if large is None:
        return [plain]
    return [large] if (plain.offset, plain.size) == (large.offset, large.size) else [large, plain]


def _read_directory(sample: Sample, budget: Budget, archive: Archive, found_at: tuple[int, int, int, int]) -> None:
    place, shift, count, stop = found_at
    source = sample.source
    budget.check_string(stop - place)
    data = source.read(place, stop - place)
    uses = layout(entry.name for entry, _ in entries(data)) if sample.glances else None
    number = last = 0
    names: dict[bytes, int] = {}
    for entry, at in entries(data):
        budget.spend_values()
        number += 1
        last = at
        if uses is not None and uses.use(entry.name).opaque:
            archive.left += 1
        else:
            _place(source, archive, entry, shift)
        if names.setdefault(entry.raw, entry.local) != entry.local and not entry.name.endswith("/"):
            message = f"two members are named {entry.name!r}"
            archive.oddities.append(found("archive.repeated-name", message, at=Location(offset=place + at)))
        names[entry.raw] = entry.local
    archive.owned.append((place, place + _entry_end(data, last) if number else place))
    if number % 65536 != count % 65536:
        archive.oddities.append(_odd(f"the directory has {number} entries and its end record says {count}", place))


def _entry_end(data: bytes, at: int) -> int:
    return at + 46 + sum(int.from_bytes(data[at + field : at + field + 2], "little") for field in (28, 30, 32))


def _place(source: Source, archive: Archive, entry: Entry, shift: int) -> None:
    for at in dict.fromkeys((entry.local + shift, entry.local)):
        local = local_at(source, at, len(entry.raw)) if at >= 0 else None
        if local:
            data = at + local.header
            archive.members.append(Placed(entry, local, at, data, min(data + entry.packed, source.size)))
            return
    at = entry.local + shift
    archive.members.append(Placed(entry, None, at, at, at))


def _find_overlaps(archive: Archive) -> None:
    """Tell of members that share bytes, and keep one of those that are the same bytes under the same header."""
    reached, previous = 0, ""
    seen: dict[int, Placed] = {}
    for member in sorted(archive.members, key=lambda member: (member.at, member.end)):
        if member.local is None:
            continue
        if member.at in seen and seen[member.at].entry == member.entry:
            continue  # two directories that agree on it
        if member.at < reached:
            message = f"{member.entry.name!r} shares bytes with {previous!r}"
            archive.oddities.append(found("archive.overlap", message, at=Location(offset=member.at)))
        seen[member.at] = member
        if member.end > reached:
            reached, previous = member.end, member.entry.name
    lost = [member for member in archive.members if member.local is None]
    archive.members = [member for member in archive.members if seen.get(member.at) is member] + lost


def _find_gaps(source: Source, budget: Budget, archive: Archive) -> None:
    """Look at what lies between members, directories and end records: entries that no directory names, or bytes."""
    claimed = [(member.at, member.end, member) for member in archive.members if member.local]
    claimed += [(start, stop, None) for start, stop in archive.owned]  # type: ignore[misc]
    reached = 0
    before: Placed | None = None
    for start, stop, member in [*sorted(claimed, key=lambda claim: claim[:2]), (source.size, source.size, None)]:
        if start > reached:
            gap = reached + _descriptor(source, before, reached, start)
            _read_gap(source, budget, archive, (gap, start))
        if stop >= reached:
            reached, before = stop, member


def _descriptor(source: Source, member: Placed | None, at: int, stop: int) -> int:
    """How many bytes of the gap are the sizes that some writers put behind a member."""
    if member is None or not member.entry.flags & 8:
        return 0
    crc = member.entry.crc.to_bytes(4, "little")
    data = source.read(at, min(24, stop - at))
    signed = 4 if data[:4] == DESCRIPTOR else 0
    if not signed and data[:4] != crc:
        return 0
    narrow = member.entry.packed.to_bytes(8, "little")
    wide = data[signed + 4 : signed + 12] == narrow and len(data) >= signed + 20
    return signed + (20 if wide else 12)


def _read_gap(source: Source, budget: Budget, archive: Archive, gap: tuple[int, int]) -> None:
    at, stop = gap
    while stop - at >= LOCAL_SIZE and source.read(at, 4) == LOCAL:
        budget.spend_values()
        local = local_at(source, at)
        data = at + local.header if local else stop
        if local is None or data > stop:
            break
        unknown = local.flags & 8 and not local.packed
        end = stop if unknown else min(data + local.packed, stop)
        member = Placed(local, local, at, data, end, hidden=True)
        archive.members.append(member)
        at = end + _descriptor(source, member, end, stop)
    if at < stop and not is_padding(source, at, stop):
        archive.gaps.append((at, stop))


def _odd(message: str, at: int) -> Finding:
    return found("archive.two-readings", f"readers disagree: {message}", at=Location(offset=at))
