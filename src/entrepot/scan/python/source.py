"""Source as Python reads it: its encoding by the comment that says so, Python 2 where it is that."""

import ast
import re
import warnings
from collections.abc import Iterator

from entrepot.scan.budget import Unreadable
from entrepot.scan.pattern import Pattern

MAX_SOURCE = 4 << 20
"""Characters; the longest honest modules have a quarter of that."""
MAX_PARTS = 2_000
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
# What people write sources in. Others (utf-7, unicode_escape, rot13) make code of what looks like a comment.
_USUAL = Pattern(
    r"utf_?8(?:_sig)?|u8|latin_?1|latin|l1|ascii|us_ascii|iso_?8859_?\d{1,2}|iso_?latin_?1|cp\d{3,4}|windows_?12\d\d|mac_?roman|koi8_?[rut]|gbk?|gb2312|"
    r"gb18030|euc_?(?:jp|kr|cn|tw)|shift_?jis|sjis|big5|iso_?2022_?\w+|johab|tis_?620|hz|utf_?16(?:_?[lb]e)?"
)
_PLAIN_DECODERS = frozenset("utf_7 utf7 unicode_escape raw_unicode_escape rot13 rot_13 punycode u7".split())
_PYTHON_2 = (
    (Pattern(r"(?m)^([ \t]*(?:[^#\n\"']*;[ \t]*)?)print[ \t]+(?![=(.,\[)])(.*)$"), r"\1print(\2)"),
    (Pattern(r"(?m)^([ \t]*(?:[^#\n\"']*;[ \t]*)?)print[ \t]*$"), r"\1print()"),
    (
        Pattern(r"(?m)^([ \t]*(?:[^#\n\"']*[;:][ \t]*)?)exec[ \t]+(?![=(.,\[)])(.*?)(?:[ \t]+in[ \t]+\w+.*)?$"),
        r"\1exec(\2)",
    ),
    (Pattern(r"(?m)^([ \t]*except[ \t]+[\w.() ,]+?),[ \t]*(\w+)[ \t]*:"), r"\1 as \2:"),
    (Pattern(r"(?m)^([ \t]*raise[ \t]+[\w.]+),[ \t]*(.+)$"), r"\1(\2)"),
    (Pattern(r"\b0([0-7]{2,})\b"), r"0o\1"),
    (Pattern(r"<>"), r"!="),
    (Pattern(r"\b(\d+)[lL]\b"), r"\1"),
    (Pattern(r"\b[uU][rR](?=[\"'])"), r"r"),
    (Pattern(r"`([^`\n]+)`"), r"repr(\1)"),
)


def encoding(data: bytes) -> str:
    """The encoding that a source says it is in, as Python looks for it: in its first two lines; empty without one."""
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n", 2)[:2]
    for number, line in enumerate(lines):
        if match := _COOKIE.match(line):
            name = match[1].decode("ascii", "replace").lower().replace("-", "_")
            # Editors note the ends of lines there, which Python does not mind.
            return name.removesuffix("_unix").removesuffix("_dos").removesuffix("_mac")
        if number == 0 and line.strip() and not line.lstrip(b" \t\f").startswith(b"#"):
            break
    return ""


def is_usual(name: str) -> bool:
    """Whether people write sources in that encoding."""
    return not name or _USUAL.fullmatch(name) is not None


def decoded(data: bytes) -> str:
    """The text of a source. Raises `Unreadable` where no encoding is known by the name that it gives."""
    import codecs

    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    name = encoding(data)
    if name.replace("_", "") == "rot13":
        return str(codecs.decode(data.decode("latin-1"), "rot13"))
    if not name or not (is_usual(name) or name in _PLAIN_DECODERS) or name.startswith("utf_16"):
        name = "utf-8"
    try:
        return data.decode("utf-8-sig" if name in ("utf-8", "utf_8", "utf8") else name)
    except (UnicodeError, LookupError, ValueError):
        return data.decode("latin-1")


def trees(source: str) -> Iterator[ast.Module | str]:
    """The syntax trees of a source; nothing is compiled. More than one where it does not parse as a whole: of each part
    that does, and at last what is wrong."""
    if len(source) > MAX_SOURCE:
        raise Unreadable(f"more than {MAX_SOURCE} characters of Python")
    source = source.replace("\0", "")
    try:
        yield _parsed(source)
        return
    except SyntaxError as error:
        problem = f"not Python 3: {error.msg}, line {error.lineno}"
    old = source
    for pattern, new in _PYTHON_2:
        old = pattern.compiled().sub(new, old)
    try:
        yield _parsed(old)
    except SyntaxError:
        yield from _parts(old)
        yield problem


def _parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError):
            raise Unreadable("Python that is nested too deep") from None


def _parts(source: str) -> Iterator[ast.Module]:
    """Top-level statements that parse by themselves, as one module."""
    body: list[ast.stmt] = []
    starts = re.split(r"(?m)^(?=[^\s#)\]}\"'])", source)
    for part in starts[:MAX_PARTS]:
        try:
            body += _parsed(part).body
        except (SyntaxError, Unreadable):
            continue
    yield ast.Module(body, [])
