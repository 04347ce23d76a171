"""Torch7 (`.t7`): tensors and Lua objects; functions among them are compiled Lua."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Finding, Location
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source, Window, pieces

_SUFFIXES = (".t7", ".th")
_OBJECT, _TABLE = b"\4\0\0\0\1\0\0\0\3\0\0\0V 1", b"\3\0\0\0\1\0\0\0"
_TEXT = b"4\n1\n3\nV 1\n"
MAX_STRING = 1 << 20
MAX_TEXT = 64 << 20
_OVERLAP = 1024
_SPACE = r"(?:\s|--\[\[.{0,200}?\]\]|--[^\n]{0,200}\n)*"
_LUA = Pattern(
    rf"(?s)\b(?:os{_SPACE}(?:\.{_SPACE}(?:execute|remove|rename)|\[{_SPACE}['\"](?:execute|remove)['\"]{_SPACE}\])"
    rf"|io{_SPACE}(?:\.{_SPACE}popen|\[{_SPACE}['\"]popen['\"]{_SPACE}\])|package{_SPACE}\.{_SPACE}loadlib"
    rf"|ffi{_SPACE}\.{_SPACE}(?:load|cdef)|loadstring|dofile){_SPACE}[\(\"'\[]"
    rf"|\brequire{_SPACE}\(?{_SPACE}(?:['\"]|\[=*\[)(?:socket|ffi|lfs|posix|ssl|luaposix|http|ltn12|io|os)\b"
)
_NAMES = (
    (b"os", b"execute"),
    (b"io", b"popen"),
    (b"package", b"loadlib"),
    (b"loadstring", b""),
    (b"dofile", b""),
    (b"ffi", b"cdef"),
)


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque:
        return False
    if head.startswith((_OBJECT, _TEXT)) or (head[:8] == _TABLE and _is_table(head)):
        return True
    return sample.suffix == ".t7" or (head[:4] == b"T7\0\0" and sample.suffix == ".th")


def _is_table(head: bytes) -> bool:
    """Whether a table begins with a number or a text as its first key."""
    count, key = int.from_bytes(head[8:12], "little"), int.from_bytes(head[12:16], "little")
    return len(head) > 20 and 0 < count < 1 << 24 and key in (1, 2) and (key == 1 or head[18:20] == b"\0\0")


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.torch7.reading import parts

    source, end, yielded = sample.source, 0, False
    try:
        for part in parts(source, budget, is_text=sample.head[:1].isdigit()):
            if isinstance(part, int):
                end = part
                continue
            for one in _part(source, part.kind, part.at, part.size):
                yielded = True
                yield one
    except Unreadable as broken:
        told = list(_source(source, budget)) if sample.suffix in _SUFFIXES else []
        if not told and not yielded and sample.head[:4] != b"T7\0\0":
            raise Unrecognized(str(broken)) from None
        yield from told
        raise
    yield from rest(source, end)


def _part(source: Source, kind: int, at: int, size: int) -> Iterator[Found]:
    from entrepot.scan.torch7.reading import FUNCTION, OBJECT

    if kind == FUNCTION:
        yield Capability.YES
        yield from _function(source.read(at, min(size, MAX_STRING)), at)
    elif kind == OBJECT:
        if size:
            yield Member(f"values at {at}", Window(source, at, size), opaque=True)
    elif size > 4:
        data = source.read(at, min(size, MAX_STRING))
        yield from _lua(data, at)
        if data[:1] in (b"\x80", b"P", b"\x1b", b"\x1f") or data[:4] == b"\x7fELF":
            yield Member(f"string at {at}", Window(source, at, size))


def _function(code: bytes, at: int) -> Iterator[Finding]:
    place = Location(offset=at)
    names = [b".".join(filter(None, pair)).decode() for pair in _NAMES if all(name in code for name in pair)]
    if names:
        message = f"a compiled function that mentions {', '.join(names)}"
        yield found("torch7.harmful-function", message, evidence=_strings(code), at=place)
    else:
        message = f"a compiled Lua function of {len(code)} bytes"
        yield found("torch7.function", message, evidence=_strings(code), at=place)


def _strings(code: bytes) -> str:
    runs = bytes(byte if 32 <= byte < 127 else 10 for byte in code[:65_536]).decode().split("\n")
    return " ".join(run for run in runs if len(run) > 2)


def _lua(data: bytes, at: int) -> Iterator[Finding]:
    for match in _LUA.finditer(data.decode("latin-1")):
        shown = data[max(0, match.start() - 40) : match.end() + 160].decode("latin-1")
        yield found("torch7.lua", f"Lua that runs or loads: {match[0]}", evidence=shown, at=Location(offset=at))
        return


def _source(source: Source, budget: Budget) -> Iterator[Finding]:
    """Lua anywhere in a file that can't be read as what it is named."""
    before, at = b"", 0
    for piece in pieces(source, 0, MAX_TEXT):
        budget.check_time()
        yield from _lua(before + piece, at)
        at, before = at + len(piece), piece[-_OVERLAP:]


FORMAT = Format(
    "torch7",
    _recognize,
    _inspect,
    "Torch7",
    RunsCode.RARELY,
    "compiled Lua functions",
    (".t7", ".th"),
    firsts=b"\3\x0434T",
    names=(".t7", ".th"),
)
