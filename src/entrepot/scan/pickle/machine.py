"""Follows a stream to its end as CPython's unpicklers would, and tells a listener what it does."""

from dataclasses import dataclass
from functools import cache

from entrepot.scan.budget import Budget
from entrepot.scan.pickle import calls, containers, scalars
from entrepot.scan.pickle.memo import Memo, NeedsExact, Region
from entrepot.scan.pickle.opcodes import codes
from entrepot.scan.pickle.reader import Reader, Truncated
from entrepot.scan.pickle.scalars import Handler
from entrepot.scan.pickle.state import Broken, Listener, Machine
from entrepot.scan.pickle.symbols import Symbol
from entrepot.scan.source import Source

BATCH = 1024
"""Opcodes between two looks at the budget."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a stream ended: where, and why before its STOP if it did so."""

    offset: int
    broken: str = ""
    truncated: bool = False
    """Whether it broke for want of bytes."""
    value: Symbol = None


class _Stopped(Exception):
    """STOP was reached."""


def follow(source: Source, offset: int, listener: Listener, budget: Budget) -> Ending:
    """Follow the stream that begins at `offset`. Raises `OutOfBudget`, and what the source raises."""
    machine = Machine(Reader(source, offset), listener, Memo(_no_count))
    handlers = table()
    try:
        while True:
            run_batch(machine, handlers)
            budget.spend_opcodes(BATCH)
    except _Stopped:
        return Ending(machine.reader.offset, value=machine.stack[-1] if machine.stack else None)
    except Truncated as short:
        return Ending(machine.reader.offset, str(short), truncated=True)
    except Broken as broken:
        return Ending(machine.reader.offset, str(broken))


def run_batch(machine: Machine, handlers: list[Handler]) -> None:
    """Execute some opcodes. Raises `Broken`, `Truncated`, and at the end of the stream what `follow` expects."""
    reader = machine.reader
    first = machine.index
    for index in range(first, first + BATCH):
        position = reader.pos
        if position >= len(reader.buf):
            reader.need(1)
            position = reader.pos
        machine.index = index
        machine.at = reader.base + position
        machine.code = code = reader.buf[position]
        reader.pos = position + 1
        handlers[code](machine)
    machine.index = first + BATCH


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
    raise _Stopped


def _no_count(region: Region) -> int:
    raise NeedsExact
