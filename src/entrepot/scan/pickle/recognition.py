"""Are these bytes a pickle? Asked of every file: PROTO says so, and without it the opcodes must make sense."""

from entrepot.domain.values import dataclass, field
from entrepot.scan.imports import Tier
from entrepot.scan.pickle.machine import Stopped, table
from entrepot.scan.pickle.memo import Memo, NeedsExact, Region
from entrepot.scan.pickle.opcodes import names
from entrepot.scan.pickle.reader import Reader, Truncated
from entrepot.scan.pickle.state import Broken, Machine, Place, step
from entrepot.scan.pickle.symbols import Called, Global, Long, Symbol
from entrepot.scan.pickle.verdicts import is_odd, known_of
from entrepot.scan.source import Source

_STARTS = frozenset(b"(]})NIJKMLFGSTUVXBCPc\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x97")
"""Opcodes with which a pickle can begin: the others need something on the stack or in the memo."""
_ZIP = b"PK\3\4"
"""How zip files begin. As a pickle, it asks for a persistent object, and unpicklers stop where nobody has one."""
BETWEEN = b"\0\n\r\t "
"""Bytes that writers put between pickles: padding, and the end of a line."""
_CONVINCING = 256
"""Opcodes in a row that make sense; neither text nor random bytes have so many."""
_KINDS = 3
_LINE = 1 << 16
"""Bytes in which a line must end: text without an end is no pickle."""
_CHANCE = 16
"""Opcodes in a row that are no chance behind PROTO, among values that may be anything."""


class Witness:
    """Listens without judging: has anything been imported, or called? Of imports, how many are known to be harmful,
    how many can't be imports?"""

    __slots__ = ("calls", "imports", "known", "odd")

    def __init__(self) -> None:
        self.imports = 0
        self.calls = 0
        self.known = 0
        self.odd = 0

    def imported(self, symbol: Global, at: Place) -> None:
        self.imports += 1
        self.odd += is_odd(symbol.module) or is_odd(symbol.name)
        self.known += "." not in symbol.name and known_of(symbol).tier in (Tier.DANGEROUS, Tier.GUARDED)

    def computed(self, module: Symbol, name: Symbol, at: Place) -> None:
        self.imports += 1

    def extension(self, code: int, at: Place) -> None:
        self.imports += 1

    def called(self, call: Called, at: Place) -> Symbol:
        self.calls += isinstance(call.callable, Called | Global)
        return call

    def built(self, target: Symbol, state: Symbol, at: Place) -> None:
        pass

    def method(self, target: Symbol, method: str, values: list[Symbol], at: Place) -> None:
        pass

    def persistent(self, pid: Symbol, at: Place) -> None:
        pass

    def straddled(self, at: Place) -> None:
        pass

    def constant(self, value: str | bytes | Long, at: Place) -> None:
        pass

    def bomb(self, kind: str, message: str, at: Place) -> None:
        pass

    def settled(self, symbol: Global, use: str) -> bool:
        return False


def is_pickle(source: Source, head: bytes, opaque: bool = False) -> bool:
    """Whether an unpickler would do anything with these bytes, or read them to their end. `opaque`: whether chance
    may have made them."""
    if head[:1] == b"\x80":
        return len(head) > 2 and head[1] <= 5 and _goes_on(source, head, opaque)
    if opaque or not head or head[0] not in _STARTS or head[:4] == _ZIP:
        return False
    return _makes_sense(source, 0)


def is_another(source: Source, offset: int) -> bool:
    """Whether another pickle follows in a stream of them."""
    head = source.read(offset, 3)
    if head[:1] == b"\x80":
        return len(head) > 2 and head[1] <= 5 and head[2] in names()
    return head[:1] != b"" and head[0] in _STARTS and _makes_sense(source, offset)


def imports_something(source: Source) -> bool:
    """Whether it begins with opcodes that make sense, and what is imported by them is also called."""
    walk = _walk(source, 0)
    return bool(walk.witness.imports and walk.witness.calls) and not walk.witness.odd


def _goes_on(source: Source, head: bytes, opaque: bool) -> bool:
    if head[2] not in names():
        return False
    if not opaque:
        return True
    walk = _walk(source, 0)
    return bool(walk.witness.imports) or walk.taken >= _CHANCE or walk.stopped


def _makes_sense(source: Source, offset: int) -> bool:
    walk = _walk(source, offset)
    if walk.witness.odd:
        return False
    if walk.witness.imports and (walk.witness.calls or walk.witness.known):
        return True
    if walk.stopped:
        return _ends_well(source, walk.end)
    return walk.taken >= _CONVINCING and len(walk.kinds) >= _KINDS


def _ends_well(source: Source, end: int) -> bool:
    """Whether behind STOP there is what can stand behind a pickle: otherwise a few letters of a text look like one."""
    rest = source.read(end, 256).lstrip(BETWEEN)
    return not rest or (rest[:1] == b"\x80" and len(rest) > 2 and rest[1] <= 5) or _walk(source, end).taken >= _CHANCE


@dataclass(slots=True)
class _Walk:
    """The first opcodes of what may be a pickle."""

    witness: Witness = field(default_factory=Witness)
    kinds: set[int] = field(default_factory=set)
    taken: int = 0
    end: int = 0
    stopped: bool = False


def _walk(source: Source, offset: int) -> _Walk:
    walk = _Walk()
    reader = Reader(source, offset, window=4096)
    reader.longest = _LINE
    machine = Machine(reader, walk.witness, Memo(_none))
    handlers = table()
    try:
        while walk.taken < _CONVINCING:
            step(machine, handlers)
            walk.taken += 1
            walk.kinds.add(machine.code)
    except Stopped:
        walk.stopped = True
        walk.end = reader.offset
    except (Broken, Truncated, NeedsExact):
        pass
    return walk


def _none(region: Region) -> int:
    """Nothing is skipped here."""
    return 0
