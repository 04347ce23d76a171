"""What stands on the machine's stack: plain scalars as they are, and a symbol for everything that would be built.

None, bool, int, float, str and bytes stand for themselves, and a tuple of symbols for a tuple.
"""

from typing import TypeAlias

from entrepot.domain.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Global:
    """What an import gives: module and name as the stream has them, after Python 2's names were mapped."""

    module: str
    name: str
    written: tuple[str, str] | None = field(default=None, compare=False)
    """The pair as the stream has it, where Python 2's names were mapped and it is another one."""

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True)
class Items:
    """A list, dict, set or frozenset under construction. For a dict, keys and values take turns."""

    kind: str
    """`list`, `dict`, `set`, `frozenset` or `bytearray`."""
    items: "list[Symbol]" = field(default_factory=list)
    complete: bool = True
    """False where items were left out because none of them could matter."""
    plain: bool = True
    """Whether it holds nothing but data: no import, and no result of a call that matters."""
    weight: int = 1
    """How many values it would be if nothing were shared."""
    depth: int = 1


@dataclass(slots=True)
class Called:
    """The result of a call, as far as it can be known: what was called with what, and what was done to the result."""

    callable: "Symbol"
    arguments: "Symbol"
    """A tuple of symbols, or a symbol of which nothing is known."""
    keywords: "Symbol" = None
    opcode: str = "REDUCE"
    states: "list[Symbol]" = field(default_factory=list)
    """What BUILD was given, in order."""
    plain: bool = False
    """Whether it counts as data: the call was judged harmless with any data, and data is what it got."""


@dataclass(frozen=True, slots=True)
class Persistent:
    """What the loader makes of a persistent id."""

    pid: "Symbol"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of which nothing is known but that it was not imported: data that was skipped, or a broken stack."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Run(Unknown):
    """A run of opcodes that was skipped: some plain values, possibly none, and where they can be read again."""

    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Long(Unknown):
    """Text or bytes too long to be held: where they stand in the stream's source, and their size in bytes."""

    kind: str = "bytes"
    """`str`, `bytes` or `bytearray`."""
    offset: int = 0
    size: int = 0


Symbol: TypeAlias = (
    None | bool | int | float | str | bytes | tuple["Symbol", ...] | Global | Items | Called | Persistent | Unknown
)
