"""The unpickler's memo, with what was skipped left out: its length is counted when somebody needs to know it."""

from collections.abc import Callable

from entrepot.domain.values import dataclass
from entrepot.scan.pickle.plainness import is_loose
from entrepot.scan.pickle.symbols import Symbol, Unknown

SKIPPED = Unknown("data that was skipped")


class NeedsExact(Exception):
    """What was skipped matters after all: the stream has to be read again without skipping."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where a skipped run of opcodes begins and ends."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Memoized:
    symbol: Symbol


class Memo:
    """Values by index. `count` tells how often MEMOIZE stands in a skipped region."""

    __slots__ = (
        "_count",
        "_entries",
        "_later",
        "_length",
        "_loose",
        "_memoizes",
        "_puts",
        "_skipped",
        "changes",
        "stale",
    )

    def __init__(self, count: Callable[[Region], int]) -> None:
        self._count = count
        self._entries: dict[int, Symbol] = {}
        self._length = 0
        self._memoizes = False
        self._puts = False
        self._skipped = False
        self._later: list[Region | _Memoized] = []
        """From the first region on that was not counted: regions, and what was memoized between them."""
        self._loose: dict[int, Symbol] = {}
        self.changes = 0
        """How often the entries that are not plain became others."""
        self.stale = False
        """Whether something that was plain when it came here is so no more."""

    def __len__(self) -> int:
        """Entries that are remembered, which are not all."""
        return len(self._entries)

    @property
    def style(self) -> str:
        """How this stream fills its memo: `memoize`, `put`, `mixed`, or empty for not at all yet."""
        if self._memoizes and self._puts:
            return "mixed"
        return "memoize" if self._memoizes else "put" if self._puts else ""

    def memoize(self, symbol: Symbol) -> None:
        """MEMOIZE: the index is the number of entries. Raises `NeedsExact`."""
        self._memoizes = True
        self._check_style()
        if self._later:
            self._later.append(_Memoized(symbol))
        else:
            self._append(symbol)

    def put(self, index: int, symbol: Symbol) -> None:
        """PUT at an index, which may be taken. Raises `NeedsExact`."""
        self._puts = True
        self._check_style()
        if index not in self._entries:
            self._length += 1
        self._set(index, symbol)

    def get(self, index: int) -> Symbol:
        """The value at an index. Raises `KeyError`."""
        if self._later and index >= self._length:
            self.settle()
        if index in self._entries:
            return self._entries[index]
        if self._skipped:
            return SKIPPED
        raise KeyError(index)

    def skip(self, region: Region, style: str) -> None:
        """A run was skipped that fills the memo, in that style, with plain values."""
        self._skipped = True
        if style == "memoize":
            self._later.append(region)

    def settle(self) -> None:
        """Count what was skipped, so that every index is known."""
        later, self._later = self._later, []
        for item in later:
            if isinstance(item, Region):
                self._length += self._count(item)
            else:
                self._append(item.symbol)

    def loose(self) -> dict[int, Symbol]:
        """The entries that are not plain, by index."""
        if any(isinstance(item, _Memoized) and is_loose(item.symbol) for item in self._later):
            self.settle()
        if self.stale:
            self._loose = {index: symbol for index, symbol in self._entries.items() if is_loose(symbol)}
            self.stale = False
            self.changes += 1
        return self._loose

    def _check_style(self) -> None:
        if self._memoizes and self._puts and self._skipped:
            raise NeedsExact

    def _append(self, symbol: Symbol) -> None:
        # Where indices were PUT out of order, the next free one is the number of entries all the same.
        self._set(self._length, symbol)
        self._length += 1

    def _set(self, index: int, symbol: Symbol) -> None:
        self._entries[index] = symbol
        if is_loose(symbol):
            self._loose[index] = symbol
            self.changes += 1
        elif index in self._loose:
            del self._loose[index]
            self.changes += 1
