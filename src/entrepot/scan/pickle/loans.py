"""Containers that hold their own parents: what such a child weighs is not added to the parent that it came from.

Without this, each of a hundred children that point to their parent would double its weight, as a bomb does.
"""

from collections.abc import Iterable, Sequence

from entrepot.scan.pickle.plainness import Bundle, weight_of
from entrepot.scan.pickle.symbols import Items, Symbol

LIGHT = 4096
"""Values up to which nobody asks why a container is so heavy."""
_LOOKED = 64
"""Values of each part of the stack that are looked at for a container that is still being filled."""


class Loans:
    """For each container, what it weighs because of parents in it."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[int, tuple[Symbol, dict[int, int]]] = {}

    def settle(self, container: Items | Bundle, items: Iterable[Symbol], stacks: Sequence[list[Symbol]]) -> int:
        """How much less a container weighs than its items do, some of which may hold the container itself."""
        returned = 0
        for item in items:
            # Nothing honest holds itself dozens of times.
            if weight_of(item) <= LIGHT or item is container:
                continue
            lent = self._of.get(id(item), (item, {}))[1]
            returned += lent.get(id(container), 0)
            if any(item is other for part in stacks for other in part[:_LOOKED]):
                self._lend(container, {id(item): weight_of(item)})
            self._lend(container, {key: weight for key, weight in lent.items() if key != id(container)})
        return returned

    def _lend(self, container: Symbol, weights: dict[int, int]) -> None:
        if not weights:
            return
        # The container is kept with its entry: its identity must not become another's.
        known = self._of.setdefault(id(container), (container, {}))[1]
        for key, weight in weights.items():
            known[key] = known.get(key, 0) + weight
