"""Characters that people don't see and models do: tags, variation selectors, zero-width runs, reversed order.

Unicode Technical Report 36 (security), and UTS 55 for source code.
"""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.text import around, at

# Without them no rule here can match: most texts are passed by one search.
_ANY = Pattern("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\U000e0000-\U000e01ef]")
# A flag emoji is a black flag, then tags, then the closing tag.
_TAGS = Pattern("(?<!\U0001f3f4)[\U000e0001\U000e0020-\U000e007f]{4,}")
_FLAG = Pattern("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,7}\U000e007f")
_SELECTORS = Pattern("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{6,}")
# Joiners between letters are spelling in many scripts, and stand alone; a message needs many in a row.
_ZERO_WIDTH = Pattern("[\u200b-\u200d\u2060-\u2064\ufeff]{8,}")
_OVERRIDES = Pattern("[\u202d\u202e]")
_CODE = Pattern("[\u202a-\u202e\u2066-\u2069]")


def hidden(text: str, first_line: int, *, is_code: bool) -> Iterator[Finding]:
    """Findings of the family `hidden`."""
    if not _ANY.search(text):
        return
    visible = _FLAG.compiled().sub(lambda flag: "?" * len(flag[0]), text)
    for match in _TAGS.finditer(visible):
        said = "".join(chr(ord(char) - 0xE0000) for char in match[0] if ord(char) >= 0xE0020)
        message = f"{len(match[0])} tag characters, which nobody sees, spell a text"
        yield found("hidden.tags", message, evidence=said, at=at(text, match.start(), first_line))
    for match in _SELECTORS.finditer(visible):
        message = f"{len(match[0])} variation selectors in a row, which can carry bytes that nobody sees"
        yield found("hidden.selectors", message, evidence=_bytes_of(match[0]), at=at(text, match.start(), first_line))
    for match in _ZERO_WIDTH.finditer(visible):
        if len(set(match[0])) > 1:
            message = f"{len(match[0])} characters of no width, of {len(set(match[0]))} kinds, in a row"
            where = at(text, match.start(), first_line)
            yield found("hidden.zero-width", message, evidence=ascii(match[0])[:200], at=where)
    yield from _reordered(visible, first_line, is_code)


def _reordered(text: str, first_line: int, is_code: bool) -> Iterator[Finding]:
    match = (_CODE if is_code else _OVERRIDES).search(text)
    if match:
        shown = ascii(around(text, match.start(), match.end()))
        message = f"the character U+{ord(match[0]):04X} makes the text read otherwise than it stands"
        yield found("hidden.reordered", message, evidence=shown, at=at(text, match.start(), first_line))


def _bytes_of(selectors: str) -> str:
    codes = [ord(char) - 0xFE00 if ord(char) < 0xE0000 else ord(char) - 0xE0100 + 16 for char in selectors]
    return bytes(codes).decode("utf-8", "backslashreplace")
