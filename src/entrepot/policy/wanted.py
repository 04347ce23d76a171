"""What may stand after a condition's word: each function checks a kind of value, and raises `WrongValue`."""

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from entrepot.policy.conditions import WrongValue
from entrepot.policy.showing import shown_value

MAX_LIST = 1_000
MAX_TEXT = 300
MAX_DAYS = 36_525
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([a-z]{1,7})")
_DAYS = {
    **dict.fromkeys(("h", "hour", "hours"), 1 / 24),
    **dict.fromkeys(("d", "day", "days"), 1.0),
    **dict.fromkeys(("w", "week", "weeks"), 7.0),
}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?) ?([a-zA-Z]{0,5})")
_UNITS = {"": 1, "b": 1, "byte": 1, "bytes": 1} | {
    unit: factor**power
    for power, letter in enumerate("kmgtp", start=1)
    for unit, factor in ((f"{letter}b", 1000), (f"{letter}ib", 1024))
}
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


def text(wanted: object) -> str:
    """A line of text."""
    if not isinstance(wanted, str):
        raise WrongValue(f"it has to be text in quotes, not {_kind(wanted)}")
    if not wanted.strip():
        raise WrongValue("it is empty")
    if len(wanted) > MAX_TEXT or not wanted.isprintable():
        raise WrongValue(f"{shown_value(wanted[:80])!r} is too long, or has characters that nobody can see")
    return wanted


def texts(wanted: object) -> tuple[str, ...]:
    """One text, or a list of them, without repetition."""
    items = wanted if isinstance(wanted, list) else [wanted]
    if not items:
        raise WrongValue("the list is empty, so that nothing could ever fit")
    if len(items) > MAX_LIST:
        raise WrongValue(f"the list has more than {MAX_LIST} entries")
    return tuple(dict.fromkeys(text(item) for item in items))


def choice(wanted: object, kind: type[E]) -> E:
    """One word of a closed vocabulary."""
    word = text(wanted)
    try:
        return kind(word)
    except ValueError:
        raise WrongValue(f"{shown_value(word)!r} is none of {', '.join(kind)}{hint(word, list(kind))}") from None


def choices(wanted: object, kind: type[E]) -> frozenset[E]:
    """One or more words of a closed vocabulary."""
    return frozenset(choice(word, kind) for word in texts(wanted))


def flag(wanted: object) -> bool:
    """True or false."""
    if not isinstance(wanted, bool):
        raise WrongValue(f"it has to be true or false, not {_kind(wanted)}")
    return wanted


def table(wanted: object, known: Collection[str]) -> Mapping[str, object]:
    """Parts that stand after a dot, as in `age.below`."""
    if not isinstance(wanted, Mapping):
        raise WrongValue(f"it takes {' or '.join(f'.{name}' for name in known)}, not {_kind(wanted)}")
    if not wanted:
        raise WrongValue("it is empty")
    for name in wanted:
        if name not in known:
            raise WrongValue(f"{shown_value(name)!r} is none of {', '.join(known)}{hint(name, known)}", name)
    return wanted


def part(parts: Mapping[str, object], name: str, take: Callable[[object], T]) -> T:
    """What stands at one part, as `take` gives it back; what is wrong with it is wrong there."""
    try:
        return take(parts[name])
    except WrongValue as wrong:
        raise WrongValue(str(wrong), name, *wrong.at) from None


def refuse_both(parts: Mapping[str, object], word: str) -> None:
    """Refuse what stands in `allow` and in `deny`."""
    allowed = {name.casefold() for name in part(parts, "allow", texts)} if "allow" in parts else set()
    for name in part(parts, "deny", texts) if "deny" in parts else ():
        if name.casefold() in allowed:
            raise WrongValue(f"{shown_value(name)!r} is in {word}.allow and in {word}.deny", "deny")


def count(wanted: object) -> int:
    """A number that is not negative."""
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 0 <= wanted < 1 << 62:
        raise WrongValue(f"it has to be a whole number from 0 on, not {shown_value(wanted)}")
    return wanted


def duration(wanted: object) -> timedelta:
    """Hours, days or weeks: `"36h"`, `"14d"`, `"2 weeks"`."""
    found = _DURATION.fullmatch(wanted.strip().lower()) if isinstance(wanted, str) else None
    days = float(found[1]) * _DAYS.get(found[2], math.nan) if found else math.nan
    if not 0 < days <= MAX_DAYS:
        raise WrongValue(f'it has to be a time such as "36h", "14d" or "2w", more than none, not {shown_value(wanted)}')
    return timedelta(days=days)


def size(wanted: object) -> int:
    """Bytes: a number, or one with a unit such as `"10 GB"`, `"512 MiB"`."""
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return count(wanted)
    found = _SIZE.fullmatch(wanted.strip()) if isinstance(wanted, str) else None
    unit = _UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise WrongValue(f'it has to be a size such as 4096, "10 GB" or "512 MiB", not {shown_value(wanted)}')
    return int(float(found[1]) * unit)


def hint(word: str, known: Collection[str]) -> str:
    """A guess at what was meant, as the end of a sentence; empty where nothing is near."""
    near = difflib.get_close_matches(word[:80].lower(), known, 1)
    return f" (did you mean {str(near[0])!r}?)" if near else ""


def _kind(wanted: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return names.get(type(wanted), f"a {type(wanted).__name__}")
