"""What all containers share: where a member would land, what a link leads to, and the bytes that no member owns."""

import re
from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.formats import Member
from entrepot.scan.rules import found
from entrepot.scan.source import Source, Window, pieces

_DRIVE = re.compile(r"^[A-Za-z]:")
_DECEPTIVE = re.compile("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]")
ZEROS = 16
PADDING = 1 << 30
"""Zeros that are looked through at most; more of them is no padding."""


def escapes(path: str) -> bool:
    """Whether a path, taken from the folder that an archive is unpacked to, leads out of it."""
    path = path.replace("\\", "/")
    if path.startswith("/") or _DRIVE.match(path):
        return True
    depth = 0
    for part in path.split("/"):
        if part == "..":
            depth -= 1
        elif part not in ("", "."):
            depth += 1
        if depth < 0:
            return True
    return False


def check_path(name: str, offset: int) -> Iterator[Finding]:
    """What is wrong with a member's path."""
    at = Location(offset=offset)
    if escapes(name):
        message = f"a member would be written outside the folder that the archive is unpacked to: {name}"
        yield found("archive.traversal", message, evidence=name, at=at)
    if _DECEPTIVE.search(name):
        message = f"a member's name holds characters that hide what it is: {name!r}"
        yield found("archive.deceptive-name", message, evidence=ascii(name), at=at)


def check_link(name: str, target: str, offset: int, *, hard: bool = False) -> Iterator[Finding]:
    """What is wrong with a link; a symbolic link's target starts from its own folder, a hard link's from the top."""
    folder = "" if hard else name.replace("\\", "/").rpartition("/")[0]
    full = target if target.startswith(("/", "\\")) or _DRIVE.match(target) else f"{folder}/{target}".lstrip("/")
    if escapes(full):
        message = f"a link leads out of the folder that the archive is unpacked to: {name} -> {target}"
        yield found("archive.link", message, evidence=f"{name} -> {target}", at=Location(offset=offset))


class Links:
    """The links of one archive so far: a member whose path goes through one is written where the link leads."""

    def __init__(self) -> None:
        self._links: dict[str, str] = {}

    def add(self, name: str, target: str) -> None:
        """Remember a symbolic link."""
        self._links[_normal(name)] = target

    def check(self, name: str, offset: int) -> Iterator[Finding]:
        """A finding where the path goes through a link that leads out, or overwrites its target."""
        parts = _normal(name).split("/")
        for end in range(1, len(parts) + 1 if self._links else 0):
            target = self._links.get("/".join(parts[:end]))
            if target is not None:
                message = f"a member is written through a link of the same archive: {name} (the link leads to {target})"
                yield found("archive.link", message, evidence=f"{name} -> {target}", at=Location(offset=offset))
                return


def _normal(name: str) -> str:
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def is_padding(source: Source, start: int, end: int | None = None) -> bool:
    """Whether nothing but zeros stands there, and not too many of them."""
    return _behind_zeros(source, start, end) is None


def _behind_zeros(source: Source, start: int, end: int | None) -> int | None:
    """Where the first byte stands that is not zero; None where none does."""
    at = start
    for piece in pieces(source, start, end):
        if piece.count(0) != len(piece):
            return at + len(piece) - len(piece.lstrip(b"\0"))
        at += len(piece)
        if at - start > PADDING:
            return at
    return None


def rest(source: Source, start: int, name: str = "trailing", end: int | None = None) -> Iterator[Member]:
    """The bytes from `start` on as a member, unless they are padding; from behind it, where there is much of it."""
    first = _behind_zeros(source, start, end)
    if first is not None:
        # Some formats begin with a few zeros of their own.
        begin = first if first - start >= ZEROS else start
        yield Member(name, Window(source, begin, (source.size if end is None else end) - begin))
