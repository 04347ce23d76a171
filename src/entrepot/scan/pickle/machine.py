"""Follows a stream to its end as CPython's unpicklers would, and tells a listener what it does."""

from dataclasses import dataclass
from functools import cache

from entrepot.scan.budget import Budget
from entrepot.scan.pickle import calls, containers, scalars
from entrepot.scan.pickle.memo import Memo, NeedsExact, Region
from entrepot.scan.pickle.opcodes import codes
from entrepot.scan.pickle.reader import Reader, Truncated
from entrepot.scan.pickle.scalars import Handler
from entrepot.scan.pickle.state import AfterBuild, Broken, Listener, Machine, nothing
from entrepot.scan.pickle.symbols import Symbol

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


class Stopped(Exception):
    """STOP was reached."""


def follow(reader: Reader, listener: Listener, budget: Budget, after_build: AfterBuild = nothing) -> Ending:
    """Follow the stream that begins where the reader is. Raises `OutOfBudget`, and what the source raises."""
    machine = Machine(reader, listener, Memo(no_count))
    machine.after_build = after_build
    handlers = table()
    try:
        while True:
            run_batch(machine, handlers)
            budget.spend_opcodes(BATCH)
    except Stopped:
        return Ending(machine.reader.offset, value=machine.stack[-1] if machine.stack else None)
    except Truncated as short:
        return Ending(machine.reader.offset, str(short), truncated=True)
    except Broken as broken:
        return Ending(machine.reader.offset, str(broken))


def run_batch(machine: Machine, handlers: list[Handler]) -> None:
    """Execute some opcodes. Raises `Stopped`, `Broken`, `Truncated` and `NeedsExact`."""
    for _ in range(BATCH):
        step(machine, handlers)


def step(machine: Machine, handlers: list[Handler]) -> None:
    """Execute one opcode. Raises as `run_batch`."""
    reader = machine.reader
    position = reader.pos
    if position >= len(reader.buf):
        reader.need(1)
        position = reader.pos
    machine.at = at = reader.base + position
    machine.code = code = reader.buf[position]
    machine.index += 1
    reader.pos = position + 1
    if machine.frame_end and at >= machine.frame_end:
        leave_frame(machine)
    handlers[code](machine)


def leave_frame(machine: Machine) -> None:
    """Tell of an opcode that began before the frame's end and ended behind it."""
    if machine.at > machine.frame_end:
        machine.listener.straddled(machine.place)
    machine.frame_end = 0


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


def no_count(region: Region) -> int:
    """For a memo of which nothing is skipped."""
    raise NeedsExact
