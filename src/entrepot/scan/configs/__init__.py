"""What does a configuration make its reader do? Callables by name, code elsewhere, templates, paths.

Each module looks at one kind of entry in the plain value that JSON or YAML gave.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from entrepot.scan.budget import Budget
from entrepot.scan.documents import Exhausting

MAX_DEPTH = 200
"""Levels of a document that are looked at; honest ones have twenty."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A mapping somewhere in a document; `path` is how one gets there, as `model.encoder[2]`."""

    path: str
    mapping: Mapping[str, object]

    def below(self, key: str) -> str:
        """The path of one of its values."""
        return f"{self.path}.{key}" if self.path else key


Document: TypeAlias = object


def entries(document: Document, budget: Budget) -> Iterator[Entry]:
    """Every mapping in a document, outermost first.

    Aliases of YAML may make the same mapping stand in many places: each is looked at once.
    """
    waiting: list[tuple[str, object, int]] = [("", document, 0)]
    seen: set[int] = set()
    while waiting:
        path, value, depth = waiting.pop()
        if id(value) in seen:
            continue
        if depth > MAX_DEPTH:
            raise Exhausting(f"values inside values, more than {MAX_DEPTH} deep")
        if isinstance(value, dict):
            seen.add(id(value))
            entry = Entry(path, value)
            yield entry
            budget.spend_values(len(value) + 1)
            waiting += [(entry.below(str(key)), item, depth + 1) for key, item in value.items() if _may_hold(item)]
        elif isinstance(value, list):
            seen.add(id(value))
            budget.spend_values(len(value) + 1)
            waiting += [(f"{path}[{at}]", item, depth + 1) for at, item in enumerate(value) if _may_hold(item)]


def _may_hold(value: object) -> bool:
    return isinstance(value, dict | list)
