"""What plain unpicklers make of bytes that joblib's loader passes: they read them as opcodes."""

from entrepot.domain.report import Finding, Severity
from entrepot.scan.budget import Budget
from entrepot.scan.pickle.judging import Judge
from entrepot.scan.pickle.machine import Stopped, table
from entrepot.scan.pickle.memo import Memo, NeedsExact
from entrepot.scan.pickle.opcodes import names
from entrepot.scan.pickle.reader import Reader, Truncated
from entrepot.scan.pickle.state import Broken, Machine, step
from entrepot.scan.pickle.symbols import Symbol
from entrepot.scan.source import Source

_MOST = 4096
"""Opcodes that are followed: a pickle that hides here comes to its call soon, and values of arrays break at once."""
_WINDOW = 4096
_REACHED = 1_000
"""Values of the stack below that are there to be reached."""


class _Beside(Memo):
    """Another memo, and what is put on top of it."""

    __slots__ = ("_below",)

    def __init__(self, below: Memo) -> None:
        super().__init__(lambda region: 0)
        self._below = below

    def get(self, index: int) -> Symbol:
        try:
            return super().get(index)
        except KeyError:
            return self._below.get(index)


def harm_beside(machine: Machine, source: Source, budget: Budget) -> list[Finding]:
    """The harm that a plain unpickler does if it goes on where the machine is, and nobody passes anything.

    Only what can't be chance is given: values of arrays may look like any opcode.
    """
    if machine.reader.peek(1) and machine.reader.peek(1)[0] not in names():
        return []
    judge = Judge(source, budget)
    beside = Machine(Reader(source, machine.reader.offset, window=_WINDOW), judge, _Beside(machine.memo))
    beside.reader.longest = _WINDOW
    beside.stack = machine.stack[-_REACHED:]
    beside.marks = [part[-_REACHED:] for part in machine.marks[-_REACHED:]]
    beside.proto = machine.proto
    handlers = table()
    try:
        for _ in range(_MOST):
            step(beside, handlers)
    except (Broken, Truncated, NeedsExact, Stopped):
        pass
    judge.finish(None)
    found = [item for item in judge.take() if isinstance(item, Finding)]
    sure = ("pickle.call.", "pickle.state.on-global", "pickle.reference.dangerous", "pickle.name.dotted")
    return [item for item in found if item.severity.rank >= Severity.HIGH.rank and item.rule.startswith(sure)]
