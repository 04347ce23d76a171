"""Everything to be said about a 7z archive: its members, and what follows its header."""

import stat
from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.archive import Links, check_link, check_path, rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Found, Member
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.sevenzip.folders import Encrypted, open_folder, parts
from entrepot.scan.sevenzip.records import (
    ARCHIVE,
    ENCODED,
    END,
    FILES,
    HEADER,
    MAIN,
    START,
    File,
    Folder,
    Reader,
    Streams,
)
from entrepot.scan.source import Source, Window
from entrepot.scan.unpacking import Stream

MAX_LINK = 4096
MAX_PACKED_HEADERS = 4
"""Headers packed in headers: archivers pack one once."""


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a format yields. Raises `Unreadable` and `OutOfBudget`."""
    source = sample.source
    start = source.read(0, START)
    if len(start) < START:
        raise Unreadable("the 7z archive is cut off")
    at, size = START + int.from_bytes(start[12:20], "little"), int.from_bytes(start[20:28], "little")
    try:
        header = _header(source, at, size, budget)
    except Encrypted:
        yield found("archive.encrypted", "the archive's list of members is encrypted", at=Location(offset=at))
        yield Unread("encrypted", START, at - START)
        return
    yield from _members(source, header, budget)
    yield from rest(source, at + size)


def _header(source: Source, at: int, size: int, budget: Budget) -> Reader | None:
    """The plain header; None for an archive without members."""
    for _ in range(MAX_PACKED_HEADERS):
        budget.check_string(size)
        data = source.read(at, size)
        if len(data) < size:
            raise Unreadable("the header of the 7z archive is cut off")
        if not data:
            return None
        reader = Reader(data, budget)
        kind = reader.byte()
        if kind == HEADER:
            return reader
        if kind != ENCODED:
            raise Unreadable("the 7z archive has no header where it should be")
        streams = reader.streams()
        if not streams.folders:
            return None
        opened = open_folder(source, streams.folders[0], streams.places()[0], budget)
        size, at = streams.folders[0].size, 0
        budget.check_string(size)
        source = opened.source if isinstance(opened, Stream) else opened
    raise Unreadable("headers packed in headers")


def _members(source: Source, header: Reader | None, budget: Budget) -> Iterator[Found]:
    if header is None:
        return
    streams, files = Streams(), list[File]()
    for kind in iter(header.byte, END):
        if kind == MAIN:
            streams = header.streams()
        elif kind == FILES:
            files = header.files()
        elif kind == ARCHIVE:
            for _ in iter(header.byte, END):
                header.take(header.number())
        else:
            header.streams()
    links = Links()
    for file in files:
        yield from check_path(file.name, 0)
        yield from links.check(file.name, 0)
    named = iter([file for file in files if file.has_stream])
    for folder, place in zip(streams.folders, streams.places(), strict=True):
        inside = [next(named, File(f"member {index}")) for index in range(len(folder.parts))]
        yield from _folder(source, folder, place, inside, budget)


def _folder(
    source: Source, folder: Folder, place: tuple[int, int], files: list[File], budget: Budget
) -> Iterator[Found]:
    first = files[0].name if files else "a folder"
    try:
        opened = open_folder(source, folder, place, budget)
    except Encrypted:
        yield found("archive.encrypted", f"{first!r} is encrypted")
        yield Unread("encrypted", place[0], member=first)
        return
    except Unreadable as error:
        yield Unread(str(error), place[0], member=first)
        return
    if isinstance(opened, Window):
        yield from _unpacked(opened, folder, files)
        return
    with opened as stream:
        yield from _unpacked(stream.source, folder, files)
        stream.finish()
        if stream.bomb:
            yield found("archive.bomb", f"{first!r}: {stream.bomb}")
        if stream.broken:
            yield Unread(stream.broken, place[0], member=first)


def _unpacked(source: Source, folder: Folder, files: list[File]) -> Iterator[Found]:
    for file, (at, size) in zip(files, parts(folder), strict=True):
        window = Window(source, at, size)
        if stat.S_ISLNK(file.mode):
            yield from check_link(file.name, window.read(0, MAX_LINK).decode("utf-8", "replace"), 0)
        elif size:
            yield Member(file.name, window)
