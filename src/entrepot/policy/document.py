"""A TOML text that people wrote, read with the line of whatever is wrong in it."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from entrepot.domain.errors import WrongPolicy
from entrepot.policy.conditions import WrongValue
from entrepot.policy.lines import Lines, Path
from entrepot.policy.showing import shown, shown_value
from entrepot.policy.wanted import hint

MAX_TEXT = 1 << 20
MAX_LINE = 4_000
"""Longer ones can't be reviewed."""
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""")
"""Keys with so many dots mean nothing here, and take the standard parser a time that grows with their square."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, and those that make a text look other than it is."""
T = TypeVar("T")


class Misplaced(Exception):
    """Something at this path of the text is wrong."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path: Path = path


@contextmanager
def read(written: str) -> Iterator[tuple[Mapping[str, object], Lines]]:
    """The data of a text, and its lines; what is `Misplaced` meanwhile becomes a `WrongPolicy` that knows its line.

    Raises `WrongPolicy` for what is not TOML, too long, or not what it looks like.
    """
    normal = written.replace("\r\n", "\n")
    _check_text(normal)
    data = _toml(normal)
    lines = Lines(normal)
    try:
        yield data, lines
    except Misplaced as wrong:
        raise WrongPolicy(str(wrong), lines.of(wrong.path)) from None


def check_words(data: Mapping[str, object], known: Collection[str], what: str) -> None:
    """Refuse words that are not known, with a guess at what was meant."""
    for word in data:
        if word not in known:
            there_are = f"there are: {', '.join(known)}{hint(word, known)}"
            raise Misplaced(f"{shown_value(word)!r} is no word of {what}; {there_are}", word)


def checked(take: Callable[[object], T], value: object, what: str, *path: str | int) -> T:
    """The value as `take` gives it back; its `WrongValue` becomes `Misplaced`, naming what it is."""
    try:
        return take(value)
    except WrongValue as wrong:
        raise Misplaced(f"{'.'.join((what, *map(shown, wrong.at)))}: {wrong}", *path, *wrong.at) from None


def _check_text(written: str) -> None:
    if len(written) > MAX_TEXT:
        raise WrongPolicy(f"a policy has at most {MAX_TEXT:,} characters, and this text has {len(written):,}")
    found = _UNSEEN.search(written)
    if found:
        line = written.count("\n", 0, found.start()) + 1
        raise WrongPolicy(f"there is a character that nobody can see: U+{ord(found[0]):04X}", line)
    if dotted := _LONG_KEY.search(written):
        raise WrongPolicy("a key with that many dots means nothing here", written.count("\n", 0, dotted.start()) + 1)
    for number, line_text in enumerate(written.split("\n"), start=1):
        if len(line_text) > MAX_LINE:
            raise WrongPolicy(f"a line has at most {MAX_LINE:,} characters; break the list into several lines", number)


def _toml(written: str) -> dict[str, object]:
    try:
        return tomllib.loads(written)
    except RecursionError:
        raise WrongPolicy("lists or tables stand inside one another too often") from None
    except ValueError as error:  # also what Python's own int says of too many digits
        found = re.search(r" \(at line (\d+), column \d+\)\Z", str(error))
        reason = str(error)[: found.start()] if found else str(error).removesuffix(" (at end of document)")
        line = int(found[1]) if found else written.count("\n") + 1
        raise WrongPolicy(f"this is not TOML: {shown(reason)}", line) from None
