"""Archives of `ar`: static libraries, Debian packages; with GNU's and BSD's ways to write long names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source

if TYPE_CHECKING:
    from entrepot.scan.unixes import Entry

_MAGIC, _THIN = b"!<arch>\n", b"!<thin>\n"
_HEADER = 60
_MAX_NAMES = 4 << 20
_TABLES = ("/", "/SYM64/", "//", "__.SYMDEF", "__.SYMDEF SORTED", "__.SYMDEF_64")


def _recognize(sample: Sample) -> bool:
    return sample.head[:8] in (_MAGIC, _THIN)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: of most files nobody needs what reads this format.
    from entrepot.scan.unixes import walk

    if sample.head[:8] == _THIN:
        yield Unread("a thin archive, whose members are other files")
        return
    yield from walk(sample.source, _entries(sample.source), budget)


def _entries(source: Source) -> "Iterator[Entry]":
    from entrepot.scan.unixes import Entry

    at, names = len(_MAGIC), b""
    while True:
        head = source.read(at, _HEADER)
        if not head.strip(b"\0\n"):
            return
        if len(head) < _HEADER or head[58:] != b"`\n":
            raise Unreadable(f"no header at byte {at}, where the next one should stand")
        size, data = _number(head[48:58], 10), at + _HEADER
        name = head[:16].decode("latin-1").rstrip(" ")
        after = data + size + size % 2
        if name == "//":
            names = source.read(data, min(size, _MAX_NAMES))
        if name.startswith("#1/"):
            length = min(_number(head[3:16], 10), size)
            name = source.read(data, min(length, _MAX_NAMES)).rstrip(b"\0").decode("utf-8", "replace")
            data, size = data + length, size - length
        elif name[:1] == "/" and name[1:].isdecimal():
            place = int(name[1:])
            name = names[place : place + 4096].split(b"\n")[0].rstrip(b"/").decode("utf-8", "replace")
        elif name not in _TABLES:
            name = name.removesuffix("/")
        yield Entry(name, at, data, size, _number(head[40:48], 8) or 0o100644, name in _TABLES)
        at = after


def _number(field: bytes, base: int) -> int:
    text = field.strip(b" ")
    if not text:
        return 0
    if not text.isdigit():
        raise Unreadable(f"a header with {text!r} for a number")
    try:
        return int(text, base)
    except ValueError:
        raise Unreadable(f"a header with {text!r} for a number") from None


FORMAT = Format(
    "ar",
    _recognize,
    _inspect,
    "an ar archive",
    RunsCode.RARELY,
    "what is inside; a package's own scripts",
    (".a", ".ar", ".deb", ".lib"),
    firsts=b"!",
)
