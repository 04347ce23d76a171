"""What lies somewhere in bytes whose layout says no more of them: programs, harmful pickles, commands."""

import re
from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.domain.values import replace
from entrepot.scan.budget import Budget
from entrepot.scan.executables import is_elf, is_macho
from entrepot.scan.formats import Found
from entrepot.scan.rules import found
from entrepot.scan.source import Source, Window, pieces

MAX_SHOWN = 5
MAX_BYTES = 1 << 32
SEARCHED = 64 << 20
"""Bytes that are searched where nothing is known of them; they are told of as not read anyway."""
MAX_TEXT = 4 << 20
_PRINTABLE = re.compile(rb"[\t\n\r -~]{8,}")
"""What a command stands in: none is shorter."""
_OVERLAP = 4096
_HEADER = 64
_DOS = b"!This program cannot be run in DOS mode"
_DOS_AT = 0x4D
"""Where linkers put that sentence, from the beginning of the program."""
_ACCELERATORS = (164, 190, 224)
"""ELF's numbers for Qualcomm's, NVIDIA's and AMD's accelerators: kernels that compilers put into models."""
_MACHO = ((b"\xfe\xed\xfa", 0), (b"\xfa\xed\xfe", 1))
"""What all of Apple's magics share, in both byte orders, and how far into them it stands."""


def inside(source: Source, budget: Budget, what: str, start: int = 0, end: int | None = None) -> Iterator[Finding]:
    """Findings in bytes that some loader takes as a whole; `what` they are called. Raises `OutOfBudget`."""
    # Loaded here: it brings patterns that few files need.
    from entrepot.scan.embedded import commands_in

    yield from smuggled(source, budget, what, start, end)
    part = Window(source, start, (source.size if end is None else end) - start)
    for one in commands_in(part, budget):
        yield _shifted(one, start)


def unknown(source: Source, budget: Budget) -> Iterator[Finding]:
    """Findings in bytes of no known format: programs, harmful pickles, and what no text says by the way. Raises
    `OutOfBudget`."""
    # Loaded here: it brings patterns that few files need.
    from entrepot.scan.commands import hostile
    from entrepot.scan.embedded import calls

    yield from smuggled(source, budget, "bytes of no known format", 0, SEARCHED)
    # Of noise nearly nothing is left; patterns of commands take a second for each of its megabytes.
    text = "\n".join(run.decode() for run in _PRINTABLE.findall(source.read(0, MAX_TEXT)))
    yield from hostile(text)
    yield from calls(text, "bytes of no known format", 0)


def smuggled(source: Source, budget: Budget, what: str, start: int = 0, end: int | None = None) -> Iterator[Finding]:
    """The same where texts are known and looked at elsewhere: programs and harmful pickles. Raises `OutOfBudget`."""
    part = Window(source, start, (source.size if end is None else end) - start)
    for one in programs(part, budget, what):
        yield _shifted(one, start)
    yield from pickles(source, budget, start, end)


def pickles(source: Source, budget: Budget, start: int = 0, end: int | None = None) -> Iterator[Finding]:
    """A harmful pickle in those bytes, raw, in base64 or in hexadecimal digits. Raises `OutOfBudget`."""
    from entrepot.scan.pickle.hidden import hidden

    part = Window(source, start, (source.size if end is None else end) - start)
    for one in hidden(part, budget, _follow, first=0):
        yield _shifted(one, start)


def _follow(source: Source, budget: Budget) -> Iterator[Found]:
    # Loaded here: it brings the whole machine, and few bytes look like a pickle.
    from entrepot.scan.pickle.stream import inspect_stream

    return inspect_stream(source, budget)


def _shifted(one: Finding, start: int) -> Finding:
    return replace(one, location=Location(offset=start + (one.location.offset or 0)))


def programs(source: Source, budget: Budget, what: str) -> Iterator[Finding]:
    """Findings for programs of Linux, Windows and macOS, told by headers that can't be chance."""
    before, at, shown = b"", 0, 0
    for piece in pieces(source, 0, MAX_BYTES):
        budget.check_time()
        data = before + piece
        for system, place in _programs(data):
            # What began in the overlap was told with the piece before, unless its header was cut.
            if place + _HEADER > len(before) and shown < MAX_SHOWN:
                shown += 1
                message = f"a program for {system} inside {what}"
                evidence = data[place : place + _HEADER].hex(" ")
                yield found(
                    "executable.in-model", message, evidence=evidence, at=Location(offset=at - len(before) + place)
                )
        at, before = at + len(piece), data[-_OVERLAP:]


def _programs(data: bytes) -> Iterator[tuple[str, int]]:
    for place in _places(data, b"\x7fELF"):
        head = data[place : place + _HEADER]
        if is_elf(head, opaque=True) and _machine(head) not in _ACCELERATORS:
            yield "Linux", place
    for place in _places(data, _DOS):
        begin = place - _DOS_AT
        if begin >= 0 and data[begin : begin + 2] == b"MZ":
            yield "Windows", begin
    for magic, ahead in _MACHO:
        for place in _places(data, magic):
            begin = place - ahead
            if begin >= 0 and is_macho(data[begin : begin + _HEADER]):
                yield "macOS", begin


def _machine(head: bytes) -> int:
    return int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")


def _places(data: bytes, magic: bytes) -> Iterator[int]:
    place = data.find(magic)
    while place >= 0:
        yield place
        place = data.find(magic, place + 1)
