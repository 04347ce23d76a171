"""Patterns with `*`, `?` and `[…]` for names; case does not matter."""

import fnmatch
import re
from collections.abc import Iterable

_WILD = re.compile(r"[*?\[]")


class Patterns:
    """Whether a name fits one of these patterns; plain names cost a look into a set."""

    def __init__(self, patterns: Iterable[str]) -> None:
        folded = [pattern.casefold() for pattern in patterns]
        self._plain = frozenset(pattern for pattern in folded if not _WILD.search(pattern))
        wild = [fnmatch.translate(pattern) for pattern in folded if _WILD.search(pattern)]
        self._wild = re.compile("|".join(wild)) if wild else None

    def match(self, name: str) -> bool:
        """Whether one of them fits the whole name."""
        folded = name.casefold()
        return folded in self._plain or (self._wild is not None and self._wild.match(folded) is not None)
