"""One pickle after another, as loaders read them from a file; and what stands behind the last one."""

from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.archive import is_padding
from entrepot.scan.budget import Budget, OutOfBudget, Unreadable
from entrepot.scan.formats import Found, Member
from entrepot.scan.pickle import storages
from entrepot.scan.pickle.asides import harm_beside
from entrepot.scan.pickle.inline_arrays import hop_over_values, is_wrapper
from entrepot.scan.pickle.judging import Judge
from entrepot.scan.pickle.machine import Ending, follow
from entrepot.scan.pickle.reader import Reader
from entrepot.scan.pickle.recognition import BETWEEN, is_another
from entrepot.scan.pickle.state import Broken, Machine
from entrepot.scan.pickle.symbols import Called, Symbol
from entrepot.scan.rules import found
from entrepot.scan.source import Source, Window


def inspect_stream(source: Source, budget: Budget) -> Iterator[Found]:
    """Everything to be said about a file that begins with a pickle. Raises `OutOfBudget` and `Unreadable`."""
    judge = Judge(source, budget)
    offset = count = 0
    is_torch = False
    while True:
        try:
            ending = _follow(source, offset, judge, budget)
        except (OutOfBudget, Unreadable):
            # What it did so far, a loader does too.
            judge.finish(None)
            yield from judge.take()
            raise
        count += 1
        is_torch = is_torch or (count == 1 and ending.value == storages.MAGIC)
        _finish(judge, ending)
        yield from judge.take()
        if ending.broken:
            yield Unread(ending.broken, ending.offset, source.size - ending.offset)
            return
        offset = ending.offset
        if is_torch and count == storages.PICKLES:
            offset += judge.storages.size
        following = _skip_between(source, offset)
        if following is None:
            return
        budget.spend_values()
        if not is_another(source, following):
            yield from _trailing(source, offset, is_torch)
            return
        offset = following


def _follow(source: Source, offset: int, judge: Judge, budget: Budget) -> Ending:
    def read_on(machine: Machine, target: Called, state: Symbol) -> None:
        if is_wrapper(target.callable):
            judge.gathered.add(harm_beside(machine, source, budget))
        if hop_over_values(machine, target, state):
            inner = follow(Reader(source, machine.reader.offset), judge, budget)
            if inner.broken:
                raise Broken(inner.broken)
            machine.reader.seek(inner.offset)

    return follow(Reader(source, offset), judge, budget, read_on)


def _finish(judge: Judge, ending: Ending) -> None:
    if ending.broken:
        judge.broke(ending.broken, ending.offset, ending.truncated)
    judge.finish(ending.value)


def _skip_between(source: Source, offset: int) -> int | None:
    """Where something other than what stands between pickles begins; None where nothing does."""
    while piece := source.read(offset, 4096):
        rest = piece.lstrip(BETWEEN)
        if rest:
            return offset + len(piece) - len(rest)
        if is_padding(source, offset):
            return None
        offset += len(piece)
    return None


def _trailing(source: Source, offset: int, is_torch: bool) -> Iterator[Found]:
    size = source.size - offset
    if not is_torch:
        message = f"{size} bytes stand behind the end of the pickle"
        yield found("pickle.trailing-data", message, at=Location(offset=offset))
    yield Member("trailing", Window(source, offset, size))
