"""Templates that stand in a configuration as text."""

from collections.abc import Iterator

from entrepot.scan.configs import Entry
from entrepot.scan.formats import Member
from entrepot.scan.source import BytesSource

_MARKS = ("{{", "{%")


def templates(entry: Entry) -> Iterator[Member]:
    """The templates of an entry, each to be looked at as one."""
    for key, value in entry.mapping.items():
        if "template" in str(key) or any(mark in value for mark in _MARKS if isinstance(value, str)):
            yield from _of(value, entry.below(str(key)))


def _of(value: object, path: str) -> Iterator[Member]:
    if isinstance(value, str):
        if any(mark in value for mark in _MARKS):
            yield Member(path, BytesSource(value.encode("utf-8", "replace")), ("jinja",))
    elif isinstance(value, list):
        for number, item in enumerate(value[:100]):
            if isinstance(item, str):
                yield from _of(item, f"{path}[{number}]")
