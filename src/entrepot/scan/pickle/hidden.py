"""Pickles that lie among the values of a file, raw or as digits, and that nothing in it loads.

Whatever reads the values may: so one that does harm is told. Only what looks like the beginning of a pickle is tried,
and only in the first megabytes: that its own loader does not load them makes this a courtesy, which must not cost
more than the judgment of what it does load.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import cache

from entrepot.domain.report import Finding, Location, Severity, Unread
from entrepot.scan.budget import Budget, OutOfBudget, Unreadable
from entrepot.scan.formats import Found
from entrepot.scan.rules import found
from entrepot.scan.source import STEP, BytesSource, Source

MAX_TRIED = 200
"""Places that are tried in one file; a file of nothing but such places says enough with so many."""
SEARCHED = 16 << 20
"""Bytes of the file that are searched."""
MAX_SIZE = 1 << 20
"""Bytes of one hidden pickle that are followed."""
_OVERLAP = 4096
_MODULES = "os posix nt subprocess builtins __builtin__".split()
# A protocol, then a frame or an opcode that pickles begin with.
_STARTS = re.compile(rb"\x80(?:[\x02\x03][c(\]}\x8cX]|[\x04\x05](?:\x95...\0\0\0\0\0|[c(\]}\x8c]))", re.DOTALL)
Inspect = Callable[[Source, Budget], Iterator[Found]]


def hidden(source: Source, budget: Budget, inspect: Inspect, first: int = 1) -> Iterator[Finding]:
    """What harmful pickles lie in the source from `first` on, which leaves out its own; `inspect` follows one.

    Raises `OutOfBudget`.
    """
    tried: set[int] = set()
    for offset, data, is_text in _candidates(source):
        if offset in tried or offset < first:
            continue
        tried.add(offset)
        if len(tried) > MAX_TRIED:
            return
        if worst := _harm(data, budget, inspect, is_text):
            message = f"a pickle lies among the values: {worst.message}"
            yield found("pickle.hidden", message, evidence=worst.evidence, at=Location(offset=offset))
            return


def _harm(data: bytes, budget: Budget, inspect: Inspect, is_text: bool) -> Finding | None:
    """The first thing in a pickle that does harm; None where nothing does, or where it is no pickle.

    What may be text has to be a whole pickle and to call what does harm: books and tests mention such names.
    """
    harm = None
    try:
        for one in inspect(BytesSource(data), budget):
            if isinstance(one, Unread) and is_text and not _CALLED_AND_ENDED.search(data[: one.offset]):
                return None
            if isinstance(one, Finding) and one.severity.rank >= Severity.HIGH.rank and one.rule in _HARMS:
                harm = harm or one
                if not is_text:
                    return harm
    except Unreadable:
        return None
    except OutOfBudget:
        budget.check_time()
    return harm if harm and not (is_text and harm.rule == "pickle.reference.dangerous") else None


_HARMS = frozenset(
    f"pickle.call.{harm}" for harm in "execution process files network import attribute native tamper".split()
) | {"pickle.reference.dangerous"}


def _candidates(source: Source) -> Iterator[tuple[int, bytes, bool]]:
    """Where one may begin, its bytes, and whether they may be text that merely speaks of pickles."""
    for offset in range(0, SEARCHED, STEP):
        piece = source.read(offset, STEP + _OVERLAP)
        for match in _STARTS.finditer(piece):
            yield offset + match.start(), source.read(offset + match.start(), MAX_SIZE), False
        for start in _raw(piece):
            yield offset + start, source.read(offset + start, MAX_SIZE), True
        for match in _texts().finditer(piece) if any(mark in piece for mark in _marks()) else ():
            data = _decoded(source.read(offset + match.start(), MAX_SIZE))
            if data:
                yield offset + match.start(), data, False
        if len(piece) <= STEP:
            return


def _decoded(text: bytes) -> bytes | None:
    digits = _HEX.match(text)
    try:
        if digits and len(digits[0]) > 32:
            return binascii.unhexlify(digits[0][: len(digits[0]) & ~1])
        letters = _BASE64.match(text)
        raw = (
            re.sub(rb"\s|\\[nrt]", b"", letters[0]).replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
            if letters
            else b""
        )
        return base64.b64decode(raw[: len(raw) & ~3] if len(raw) % 4 == 1 else raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return None


_HEX = re.compile(rb"[0-9a-fA-F]+")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]|\s|\\[nrt])+={0,2}")


def _raw(piece: bytes) -> Iterator[int]:
    """Where pickles without a mark of their protocol may begin that import what does harm, by GLOBAL or by INST."""
    for start in _imported():
        at = piece.find(start)
        while at >= 0:
            begin = at if start[:1] == b"c" else _begin_of_arguments(piece, at)
            if (
                begin >= 0
                and _NAME.match(piece, at + len(start))
                and not _is_amid_text(piece[max(0, begin - 2) : begin])
            ):
                yield begin
            at = piece.find(start, at + 1)


def _begin_of_arguments(piece: bytes, at: int) -> int:
    """Where the mark stands before one text that INST gives to what it imports; -1 where there is none."""
    found = _ARGUMENT.search(piece[max(0, at - _ARGUMENTS) : at])
    return max(0, at - _ARGUMENTS) + found.start() if found else -1


def _is_amid_text(before: bytes) -> bool:
    """Whether a sentence seems to go before; but the length of a short value, which stands there, may be any letter."""
    return _WORDS.search(before) is not None and before[:1] not in b"CU\x8c"


_CALLED_AND_ENDED = re.compile(rb"[Ro]\.|\ni\w+\n\w+\n\.")
_ARGUMENTS = 504
_ARGUMENT = re.compile(rb"\([SV][^\n]*\n\Z")
_NAME = re.compile(rb"[A-Za-z_]\w*\n")
_WORDS = re.compile(rb"[\s\"'`>:]\Z")


@cache
def _imported() -> tuple[bytes, ...]:
    """How GLOBAL and INST begin for those modules."""
    return tuple(letter + name.encode() + b"\n" for letter in (b"c", b"i") for name in _MODULES)


@cache
def _imports() -> tuple[bytes, ...]:
    """The same in base64, as far as its letters are the same whatever follows."""
    return tuple(base64.b64encode(b"c" + name.encode() + b"\n")[: (len(name) + 2) * 4 // 3] for name in _MODULES)


@cache
def _marks() -> tuple[bytes, ...]:
    return (b"gA", b"8002", b"8003", b"8004", b"8005", *_imports())


@cache
def _texts() -> re.Pattern[bytes]:
    """The beginning of a pickle in base64 (protocols 2 to 5, or an import of protocol 0), or in hexadecimal digits."""
    return re.compile(rb"gA[I-X][A-Za-z0-9+/_-]{8}|80(?:0[2345])[0-9a-fA-F]{24}|" + b"|".join(sorted(_imports())))
