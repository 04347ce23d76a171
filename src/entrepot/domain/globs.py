"""Git's path patterns, all of a file's patterns at once, in time linear in the path.

Each pattern is a row of states in one automaton, and each state is one bit of one number. A byte of a
path moves all states by a few operations on that number, so no pattern can make matching go back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from entrepot.domain.errors import TooLarge

# All wildcard patterns of a file together; larger sets would cost milliseconds per path.
MAX_STATES = 1 << 17
MAX_PATTERN = 4096

_SLASH = ord("/")
_ANY = frozenset(range(256))
_IN_NAME = _ANY - {_SLASH}
_NOWHERE: frozenset[int] = frozenset()
_WILD = frozenset(b"*?[\\")
_BYTE = [frozenset((byte,)) for byte in range(256)]


def _bytes_where(test: str) -> frozenset[int]:
    return frozenset(byte for byte in range(128) if getattr(chr(byte), test)())


_GRAPH = frozenset(range(0x21, 0x7F))
_CLASSES = {
    b"alnum": _bytes_where("isalnum"),
    b"alpha": _bytes_where("isalpha"),
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset(range(32)) | {127},
    b"digit": _bytes_where("isdigit"),
    b"graph": _GRAPH,
    b"lower": _bytes_where("islower"),
    b"print": _GRAPH | {32},
    b"punct": _GRAPH - _bytes_where("isalnum"),
    b"space": frozenset(b" \t\n\v\f\r"),
    b"upper": _bytes_where("isupper"),
    b"xdigit": frozenset(b"0123456789abcdefABCDEF"),
}


class _NeverMatches(Exception):
    """The pattern is broken in a way that git takes to mean that nothing matches."""


@dataclass(frozen=True, slots=True)
class Glob:
    """One pattern, read: the bytes that each step takes, and where it may linger or be skipped."""

    steps: tuple[frozenset[int], ...]
    lingers_in_name: frozenset[int]
    lingers_anywhere: frozenset[int]
    skips: frozenset[int]
    folders_only: bool
    literal: bytes | None

    @classmethod
    def parse(cls, pattern: str) -> "Glob | None":
        """The pattern as git reads it in .gitignore and .gitattributes; None when nothing can match it.

        Raises `TooLarge` for a pattern longer than any path.
        """
        raw = pattern.encode("utf-8", "replace")
        if len(raw) > MAX_PATTERN:
            raise TooLarge(f"a pattern is longer than {MAX_PATTERN} bytes: {pattern[:80]!r}")
        folders_only = raw.endswith(b"/")
        raw = raw[:-1] if folders_only else raw
        anchored = b"/" in raw
        raw = raw.removeprefix(b"/")
        if not raw:
            return None
        if _WILD.isdisjoint(raw):
            return cls((), _NOWHERE, _NOWHERE, _NOWHERE, folders_only, b"/" * anchored + raw)
        try:
            return _Reader(raw if anchored else b"**/" + raw).glob(folders_only)
        except _NeverMatches:
            return None


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(self, pattern: bytes) -> None:
        self._pattern = pattern
        self._at = 0
        self._steps: list[frozenset[int]] = []
        self._in_name: set[int] = set()
        self._anywhere: set[int] = set()
        self._skips: set[int] = set()
        while self._at < len(pattern):
            self._read_one()

    def glob(self, folders_only: bool) -> Glob:
        in_name, anywhere = frozenset(self._in_name), frozenset(self._anywhere)
        return Glob(tuple(self._steps), in_name, anywhere, frozenset(self._skips), folders_only, None)

    def _read_one(self) -> None:
        match self._pattern[self._at : self._at + 1]:
            case b"*":
                self._read_stars()
            case b"?":
                self._at += 1
                self._steps.append(_IN_NAME)
            case b"[":
                self._at += 1
                self._steps.append(self._read_class())
            case _:
                self._steps.append(_BYTE[self._read_byte()])

    def _read_byte(self) -> int:
        if self._pattern[self._at : self._at + 1] == b"\\":
            self._at += 1
        if self._at >= len(self._pattern):
            raise _NeverMatches
        self._at += 1
        return self._pattern[self._at - 1]

    def _read_stars(self) -> None:
        start = self._at
        while self._pattern[self._at : self._at + 1] == b"*":
            self._at += 1
        opens = start == 0 or self._pattern[start - 1] == _SLASH
        follows = self._pattern[self._at : self._at + 1]
        if self._at - start < 2 or not opens or follows not in (b"", b"/"):
            self._in_name.add(len(self._steps))
        elif follows == b"":
            self._steps.append(_ANY)
            self._anywhere.add(len(self._steps))
        else:
            self._at += 1
            self._any_folders()

    def _any_folders(self) -> None:
        here = len(self._steps)
        if here - 1 not in self._skips:
            self._anywhere.add(here)
            self._skips.add(here)
            self._steps.append(_BYTE[_SLASH])

    def _read_class(self) -> frozenset[int]:
        negated = self._pattern[self._at : self._at + 1] in (b"!", b"^")
        self._at += negated
        members: set[int] = set()
        first = self._at
        while self._pattern[self._at : self._at + 1] != b"]" or self._at == first:
            members |= self._read_named_class() or self._read_range()
        self._at += 1
        return _IN_NAME - members if negated else frozenset(members) - {_SLASH}

    def _read_named_class(self) -> frozenset[int]:
        if self._pattern[self._at : self._at + 2] != b"[:":
            return frozenset()
        end = self._pattern.find(b"]", self._at + 2)
        name = self._pattern[self._at + 2 : end - 1]
        if end < 0:
            raise _NeverMatches
        if end == self._at + 2 or self._pattern[end - 1 : end] != b":":
            self._at += 1
            return _BYTE[ord("[")]
        if name not in _CLASSES:
            raise _NeverMatches
        self._at = end + 1
        return _CLASSES[name]

    def _read_range(self) -> frozenset[int]:
        low = self._read_byte()
        follows = self._pattern[self._at : self._at + 2]
        if len(follows) < 2 or not follows.startswith(b"-") or follows.endswith(b"]"):
            return _BYTE[low]
        self._at += 1
        # In git the first byte counts even where the range runs backwards.
        return _BYTE[low] | frozenset(range(low, self._read_byte() + 1))


class GlobSet:
    """Patterns in the order of their file, where the last one that matches counts.

    Raises `TooLarge` when the patterns with wildcards are too many.
    """

    def __init__(self, globs: Iterable[Glob]) -> None:
        self._for_files: dict[bytes, int] = {}
        self._for_folders: dict[bytes, int] = {}
        wild: list[tuple[int, Glob]] = []
        states = 0
        for index, glob in enumerate(globs):
            if not self._keep_literal(index, glob):
                wild.append((index, glob))
                states += len(glob.steps) + 1
            if states > MAX_STATES:
                raise TooLarge(f"the patterns with wildcards are longer than {MAX_STATES} characters together")
        self._automaton = _Automaton(wild, states)

    def _keep_literal(self, index: int, glob: Glob) -> bool:
        if glob.literal is None:
            return False
        self._for_folders[glob.literal] = index
        if not glob.folders_only:
            self._for_files[glob.literal] = index
        return True

    def matches(self, path: str) -> Iterator[int]:
        """For each folder above the path, from the top, and then for the path as a file: the last match, or -1."""
        raw = path.encode("utf-8", "replace")
        for end, wild in self._automaton.run(raw):
            literals = self._for_files if end == len(raw) else self._for_folders
            whole = b"/" + raw[:end]
            yield max(wild, literals.get(whole, -1), literals.get(whole[whole.rfind(b"/") + 1 :], -1))


class _Bits:
    """A number that is built bit by bit without being copied each time."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray(size // 8 + 1)

    def add(self, bit: int) -> None:
        self._bytes[bit >> 3] |= 1 << (bit & 7)

    def add_all(self, first: int, places: Iterable[int]) -> None:
        for place in places:
            self.add(first + place)

    def __int__(self) -> int:
        return int.from_bytes(self._bytes, "little")


class _Automaton:
    """The states of all patterns side by side: a state is a place before, between or after steps."""

    def __init__(self, globs: Sequence[tuple[int, Glob]], size: int) -> None:
        self._owner: dict[int, int] = {}
        start, ends, file_ends, in_name, anywhere, skips = (_Bits(size) for _ in range(6))
        first = 0
        for index, glob in globs:
            last = first + len(glob.steps)
            self._owner[last] = index
            start.add(first)
            ends.add(last)
            if not glob.folders_only:
                file_ends.add(last)
            in_name.add_all(first, glob.lingers_in_name)
            anywhere.add_all(first, glob.lingers_anywhere)
            skips.add_all(first, glob.skips)
            first = last + 1
        self._skips = int(skips)
        self._start = self._skip(int(start))
        self._ends, self._file_ends = int(ends), int(file_ends)
        self._lingers_at_slash = int(anywhere)
        self._lingers = int(anywhere) | int(in_name)
        self._takes = _transitions(globs, size)

    def _skip(self, states: int) -> int:
        return states | (states & self._skips) << 1

    def run(self, path: bytes) -> Iterator[tuple[int, int]]:
        """Where each folder's name ends, and at last the path, with the last pattern that matches there, or -1."""
        states = self._start
        for at, byte in enumerate(path):
            lingers = self._lingers
            if byte == _SLASH:
                yield at, self._last(states & self._ends)
                lingers = self._lingers_at_slash
            states = self._skip((states & self._takes[byte]) << 1) | (states & lingers)
        yield len(path), self._last(states & self._file_ends)

    def _last(self, ends: int) -> int:
        return self._owner[ends.bit_length() - 1] if ends else -1


def _transitions(globs: Sequence[tuple[int, Glob]], size: int) -> list[int]:
    """For each byte, the states in which the next step takes it."""
    takes: dict[int, _Bits] = {}
    any_byte, any_in_name = _Bits(size), _Bits(size)
    wide = {_ANY: any_byte, _IN_NAME: any_in_name}
    state = 0
    for _, glob in globs:
        for step in glob.steps:
            if step in wide:
                wide[step].add(state)
            else:
                for byte in step:
                    takes.setdefault(byte, _Bits(size)).add(state)
            state += 1
        state += 1
    everywhere, in_names = int(any_byte), int(any_byte) | int(any_in_name)
    return [
        (int(takes[byte]) if byte in takes else 0) | (everywhere if byte == _SLASH else in_names) for byte in range(256)
    ]
