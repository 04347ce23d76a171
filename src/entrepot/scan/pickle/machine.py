"""Follows a stream to its end as CPython's unpicklers would, and tells a listener what it does."""

from functools import cache, partial

from entrepot.domain.values import dataclass
from entrepot.scan.budget import Budget, OutOfBudget
from entrepot.scan.pickle import calls, containers, scalars
from entrepot.scan.pickle.memo import Memo, NeedsExact
from entrepot.scan.pickle.opcodes import codes
from entrepot.scan.pickle.reader import Reader, Truncated
from entrepot.scan.pickle.runs import LUKEWARM, WARM, Skipper, count_memoized
from entrepot.scan.pickle.scalars import Handler
from entrepot.scan.pickle.state import AfterBuild, Broken, Listener, Machine, nothing, step
from entrepot.scan.pickle.symbols import Symbol

BATCH = 1024
"""Opcodes between two looks at the budget."""
HELD_VALUES = 8_000_000
"""Values that the machine remembers: of those that it skips, it has none."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a stream ended: where, and why before its STOP if it did so."""

    offset: int
    broken: str = ""
    truncated: bool = False
    """Whether it broke for want of bytes."""
    value: Symbol = None


class Stopped(Exception):
    """STOP was reached."""


def follow(reader: Reader, listener: Listener, budget: Budget, after_build: AfterBuild = nothing) -> Ending:
    """Follow the stream that begins where the reader is. Raises `OutOfBudget`, and what the source raises."""
    start = reader.offset
    try:
        return _follow(_machine(reader, listener, after_build), budget)
    except NeedsExact:
        reader.seek(start)
        return _follow(_machine(reader, listener, after_build), budget, exact=True)


def _machine(reader: Reader, listener: Listener, after_build: AfterBuild) -> Machine:
    machine = Machine(reader, listener, Memo(partial(count_memoized, reader.source)))
    machine.after_build = after_build
    return machine


def _follow(machine: Machine, budget: Budget, exact: bool = False) -> Ending:
    handlers = table()
    try:
        run_exactly(machine, handlers, budget, WARM if _FOLLOWED.opcodes < WARM else LUKEWARM)
        skipper = Skipper(machine, handlers, budget)
        while True:
            run_exactly(machine, handlers, budget, BATCH if exact else skipper.pause)
            if not exact:
                skipper.skip()
    except Stopped:
        return Ending(machine.reader.offset, value=machine.stack[-1] if machine.stack else None)
    except Truncated as short:
        return Ending(machine.reader.offset, str(short), truncated=True)
    except Broken as broken:
        return Ending(machine.reader.offset, str(broken))
    finally:
        _FOLLOWED.opcodes += machine.index


class _Followed:
    """How many opcodes this process has followed: once they are many, the patterns have been worth making."""

    opcodes = 0


_FOLLOWED = _Followed()


def run_exactly(machine: Machine, handlers: list[Handler], budget: Budget, count: int) -> None:
    """Execute some opcodes one by one. Raises `Stopped`, `Broken`, `Truncated`, `NeedsExact` and `OutOfBudget`."""
    while count > 0:
        for _ in range(min(count, BATCH)):
            step(machine, handlers)
        budget.spend_opcodes(min(count, BATCH))
        if len(machine.stack) + len(machine.memo) > HELD_VALUES:
            raise OutOfBudget(f"more than {HELD_VALUES} values at once on the stack and in the memo")
        count -= BATCH


@cache
def table() -> list[Handler]:
    """What executes each opcode, by its byte."""
    found: list[Handler] = [_unknown] * 256
    handlers = {**scalars.HANDLERS, **containers.HANDLERS, **calls.HANDLERS, "STOP": _stop}
    for name, code in codes().items():
        found[code] = handlers[name]
    return found


def _unknown(m: Machine) -> None:
    raise Broken(f"there is no opcode {m.code:#04x}, which stands at {m.at}")


def _stop(m: Machine) -> None:
    m.top()
    raise Stopped
