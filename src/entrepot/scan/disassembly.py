"""Pickles as people read them: the opcodes around a place, and the names they mention. Nothing is ever loaded."""

import io
import pickletools
from collections.abc import Iterator

from entrepot.domain.values import dataclass, field
from entrepot.scan.budget import Budget
from entrepot.scan.imports import HARMS, Tier, look_up
from entrepot.scan.source import Source

AROUND = 9
"""Opcodes before and behind the marked one."""
MAX_BYTES = 8 << 20
"""Bytes of a pickle that are taken apart; findings beyond have their evidence alone."""
MAX_OPCODES = 300_000
MAX_IMPORTS = 500
LONGEST = 200
"""Characters of one argument."""
_TEXTS = frozenset(
    ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "SHORT_BINSTRING", "BINSTRING", "STRING")
)
_PUTS = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
_GETS = frozenset(("GET", "BINGET", "LONG_BINGET"))


@dataclass(frozen=True, slots=True)
class Line:
    """One opcode: where it is, its name, its argument as text, and whether it is the one in question."""

    offset: int
    opcode: str
    argument: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that a pickle mentions first at that offset, and what is known of it."""

    name: str
    offset: int
    tier: Tier
    why: str


@dataclass(slots=True)
class Disassembly:
    """The lines around each place that was asked for, and the names, the worst first."""

    around: dict[int, list[Line]] = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)
    unresolved: int = 0
    """Names that the opcodes alone do not tell."""
    ends: str = ""
    """Why it ends before the bytes do; empty where it does not."""


_ORDER = (Tier.DANGEROUS, Tier.UNLISTED, Tier.UNKNOWN, Tier.GUARDED, Tier.ALLOWED)


def disassemble(source: Source, offsets: frozenset[int], budget: Budget) -> Disassembly:
    """The opcodes around the offsets, and every name. Raises `OutOfBudget`."""
    found = Disassembly()
    data = source.read(0, MAX_BYTES)
    names = _Names()
    window: list[Line] = []
    waiting: dict[int, int] = {}
    for line, text in _opcodes(data, found, budget):
        names.take(line, text)
        for at in [at for at, left in waiting.items() if left]:
            found.around[at].append(line)
            waiting[at] -= 1
        if line.offset in offsets:
            found.around[line.offset] = [*window, Line(line.offset, line.opcode, line.argument, is_marked=True)]
            waiting[line.offset] = AROUND
        window = [*window, line][-AROUND:]
    if not found.ends and source.size > len(data):
        found.ends = f"only the first {MAX_BYTES} bytes were taken apart"
    found.mentions = sorted(names.found.values(), key=lambda one: (_ORDER.index(one.tier), one.offset))
    found.unresolved = names.unresolved
    return found


def _opcodes(data: bytes, found: Disassembly, budget: Budget) -> Iterator[tuple[Line, object]]:
    """Each opcode with its argument; a pickle that follows another is taken apart as well."""
    stream, count = io.BytesIO(data), 0
    while stream.tell() < len(data):
        try:
            for opcode, argument, place in pickletools.genops(stream):
                count += 1
                budget.spend_opcodes(1)
                if count > MAX_OPCODES:
                    found.ends = f"only the first {MAX_OPCODES} opcodes were taken apart"
                    return
                yield Line(place or 0, opcode.name, _shown(argument)), argument
        except (ValueError, UnicodeError, OverflowError, MemoryError) as error:
            found.ends = f"what follows is no opcode: {str(error)[:LONGEST]}"
            return


def _shown(argument: object) -> str:
    if argument is None:
        return ""
    if isinstance(argument, int) and abs(argument) >> 128:
        return f"{hex(argument)[:40]}…"
    if isinstance(argument, str | bytes | bytearray) and len(argument) > LONGEST:
        return f"{argument[:LONGEST]!r}… ({len(argument)})"
    return repr(argument)


class _Names:
    """Follows texts on their way to the opcodes that name something; what it can't follow it counts."""

    def __init__(self) -> None:
        self.found: dict[str, Mention] = {}
        self.unresolved = 0
        self._last: list[str | None] = []
        self._memo: dict[int, str | None] = {}

    def take(self, line: Line, argument: object) -> None:
        name = line.opcode
        if name in ("GLOBAL", "INST"):
            module, _, attribute = str(argument).partition(" ")
            self._note(module, attribute, line.offset)
            self._push(None)
        elif name == "STACK_GLOBAL":
            pair = self._last[-2:]
            if len(pair) == 2 and pair[0] is not None and pair[1] is not None:
                self._note(pair[0], pair[1], line.offset)
            else:
                self.unresolved += 1
            self._last = []
        elif name in _TEXTS:
            self._push(str(argument))
        elif name in _PUTS or name == "MEMOIZE":
            key = argument if isinstance(argument, int) else len(self._memo)
            self._memo[key] = self._last[-1] if self._last else None
        elif name in _GETS:
            self._push(self._memo.get(argument) if isinstance(argument, int) else None)
        elif name not in ("FRAME", "PROTO", "MARK"):
            self._last = []

    def _push(self, text: str | None) -> None:
        self._last = [*self._last[-1:], text]

    def _note(self, module: str, attribute: str, offset: int) -> None:
        known = look_up(module, attribute)
        if str(known) not in self.found and len(self.found) < MAX_IMPORTS:
            why = known.why or (HARMS[known.harm] if known.harm else "")
            self.found[str(known)] = Mention(str(known)[:LONGEST], offset, known.tier, why)
