"""Templates that stand in a configuration as text."""

from collections.abc import Iterator

from entrepot.scan.configs import Entry
from entrepot.scan.formats import Member
from entrepot.scan.source import BytesSource

MAX_TEMPLATES = 1_000
_MARKS = (("{{", "}}"), ("{%", "%}"))
_READ_AS_SETTINGS = ("config.json", ".yaml", ".yml", "map.json", "processor.json", "template.json", "settings.json")


def templates(entry: Entry, name: str) -> Iterator[Member]:
    """The templates of an entry, each to be looked at as one. `name` is the file's: values of other names than
    `template` count only in settings, since data sets have templates as examples."""
    is_settings = name.endswith(_READ_AS_SETTINGS)
    for key, value in entry.mapping.items():
        if "template" in str(key).lower() or "prompt" in str(key).lower():
            yield from _of(value, entry.below(str(key)), "template" in str(key).lower())
        elif is_settings and isinstance(value, str):
            yield from _of(value, entry.below(str(key)), False)


def _of(value: object, path: str, is_promised: bool) -> Iterator[Member]:
    if isinstance(value, str):
        # What is called a template is one, or is not read; other texts may just have the marks.
        if any(begin in value and end in value for begin, end in _MARKS) and (is_promised or _parses(value)):
            yield Member(path, BytesSource(value.encode("utf-8", "replace")), ("jinja",))
    elif isinstance(value, list):
        for number, item in enumerate(value[:MAX_TEMPLATES]):
            if isinstance(item, str):
                yield from _of(item, f"{path}[{number}]", is_promised)
    elif isinstance(value, dict):
        for key, item in list(value.items())[:MAX_TEMPLATES]:
            if isinstance(item, str):
                yield from _of(item, f"{path}.{key}", is_promised)


def _parses(text: str) -> bool:
    # Loaded here: of most texts nobody needs the library that parses templates.
    from entrepot.scan.budget import Unreadable
    from entrepot.scan.jinja.judging import parsed

    try:
        parsed(text)
    except Unreadable:
        return False
    return True
