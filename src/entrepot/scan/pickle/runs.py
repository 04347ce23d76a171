"""Passes runs of opcodes that only move data, at the speed of a compiled pattern instead of one opcode at a time."""

import re
from collections.abc import Callable, Mapping
from functools import partial

from entrepot.scan.budget import Budget
from entrepot.scan.pickle.grammar import SHORT, Known, free, memoizing, pushing
from entrepot.scan.pickle.memo import SKIPPED, Memo, NeedsExact, Region
from entrepot.scan.pickle.plainness import is_loose
from entrepot.scan.pickle.reader import Reader
from entrepot.scan.pickle.scalars import Handler
from entrepot.scan.pickle.state import Machine, step
from entrepot.scan.pickle.symbols import Global, Run, Symbol
from entrepot.scan.source import Source

WARM = 8_192
"""Opcodes that are followed one by one before any are skipped: patterns have to be compiled first."""
LUKEWARM = 24
"""The same where the patterns are likely to be there already, from streams before this one."""
WORTH = 128
"""Bytes that a run must have to be skipped."""
PAUSE = 512
"""Opcodes that are followed one by one, at most, before the next attempt."""
MAKING = 1 << 19
"""Bytes between two patterns that are made."""
CAREFUL = 1 << 16
"""Bytes of a stream in which entries of the memo that are taken repeatedly are counted: bombs are small."""
REPEATED = 16
"""Repetitions at which the machine has to weigh what they make; a bomb needs more."""
_REPEATED = re.compile(rb"(h.|j.{4}|g\d+\n)(?=.{0,12}?\1)", re.DOTALL)
LOOSE = 200
"""Entries of the memo that are not data, up to which a pattern is made of them."""
DEEP = 2_000
"""Values on the stack that are looked through for something that is not data."""
PIECE = 1 << 20
"""Bytes that are skipped as one region, and may have to be read again as one."""
_NESTING = b"()]}\x8ftaesul\x85\x86\x87\x94"
"""Opcodes of which nothing but nested containers can be made; honest data stand between them."""
_STRIDE = 4096
_NEEDS_CONTEXT = (b"R", b"\x81", b"\x92", b"\x93", b"b", b"o", b"Q")
"""Opcodes that use what was pushed before them in another way than to move it."""
_LONGEST = 1 << 12
"""Bytes of the longest token but a small container: where fewer are left in the window, it is filled."""


class Skipper:
    """Skips what it can from where the machine is."""

    def __init__(self, machine: Machine, handlers: list[Handler], budget: Budget) -> None:
        self._machine = machine
        self._handlers = handlers
        self._budget = budget
        self._known: Known | None = None
        self._key = ("none yet", 0)
        self._made: set[tuple[Callable[[Known], re.Pattern[bytes]], Known]] = set()
        self._next_making = 0
        self._start = machine.reader.offset
        self._repeated = 0
        machine.reread = partial(reread, machine, handlers)
        self.pause = 1
        """Opcodes to be followed one by one before the next attempt."""

    def skip(self) -> None:
        """Pass a run, if one is here that is worth it."""
        m = self._machine
        is_free = self._is_free()
        known = self._what_is_known()
        make = free if is_free else pushing
        if known is None or is_free is None or not self._may_make(make, known):
            self.pause = PAUSE
            return
        start, frame_end = m.reader.offset, m.frame_end
        pieces = self._match(make(known))
        size = m.reader.offset - start
        if size < WORTH:
            m.reader.seek(start)
            m.frame_end = frame_end
            self.pause = min(PAUSE, self.pause * 2 + 1)
            return
        self.pause = 1
        m.exact = False
        self._budget.spend_opcodes(size >> 2)
        if is_free:
            self._sink(pieces, known)
        else:
            m.stack.extend(Run(SKIPPED.why, piece.start, piece.end) for piece in pieces)
        for piece in pieces:
            m.memo.skip(piece, known.style)

    def _may_make(self, make: Callable[[Known], re.Pattern[bytes]], known: Known) -> bool:
        """Whether a pattern is at hand, or may be made: that takes as long as following many opcodes one by one."""
        if (make, known) not in self._made:
            offset = self._machine.reader.offset
            if offset < self._next_making:
                return False
            self._made.add((make, known))
            self._next_making = offset + MAKING
        return True

    def _is_free(self) -> bool | None:
        """Whether nothing but data is on the stack; None where it is too deep to be looked through."""
        m = self._machine
        if len(m.stack) + len(m.marks) > DEEP or sum(map(len, m.marks)) > DEEP:
            return None
        return not any(is_loose(symbol) for part in (m.stack, *m.marks) for symbol in part)

    def _what_is_known(self) -> Known | None:
        """What a pattern has to take care of; None where that is too much."""
        memo = self._machine.memo
        loose = memo.loose()
        key = (memo.style, memo.changes)
        if key != self._key:
            self._key = key
            is_simple = memo.style != "mixed" and len(loose) <= LOOSE
            self._known = self._make_known(memo.style, loose) if is_simple else None
        return self._known

    def _make_known(self, style: str, loose: Mapping[int, Symbol]) -> Known:
        names = {index: symbol for index, symbol in loose.items() if isinstance(symbol, Global)}
        settled = self._machine.listener.settled
        made = frozenset(index for index, symbol in names.items() if settled(symbol, "NEWOBJ"))
        called = frozenset(index for index, symbol in names.items() if settled(symbol, "REDUCE"))
        return Known(style, frozenset(loose), made, called)

    def _match(self, pattern: re.Pattern[bytes]) -> list[Region]:
        """Pass what the pattern does, frame by frame."""
        reader = self._machine.reader
        pieces: list[Region] = []
        while True:
            start = reader.offset
            self._match_in_frame(pattern)
            if reader.offset > start:
                pieces.append(Region(start, reader.offset))
            if reader.offset - start < PIECE and not self._pass_frame():
                return pieces

    def _match_in_frame(self, pattern: re.Pattern[bytes]) -> None:
        m, reader = self._machine, self._machine.reader
        start = reader.offset
        if m.frame_end and start > m.frame_end:
            return
        if start == m.frame_end:
            m.frame_end = 0
        while reader.offset - start < PIECE:
            limit = len(reader.buf)
            if m.frame_end:
                limit = min(limit, m.frame_end - reader.base)
            found = pattern.match(reader.buf, reader.pos, limit)
            end = found.end() if found else reader.pos
            moved = end > reader.pos
            if _may_nest(reader.buf, reader.pos, end) or self._may_multiply(reader.pos, end):
                raise NeedsExact
            reader.pos = end
            if limit == len(reader.buf) and limit - end < _LONGEST:
                if not reader.fill():
                    return
            elif not moved or end == limit:
                return

    def _may_multiply(self, start: int, end: int) -> bool:
        """Whether the same entries of the memo are taken again and again, as where bombs are built."""
        reader = self._machine.reader
        if reader.base + start - self._start < CAREFUL:
            self._repeated += len(_REPEATED.findall(reader.buf, start, end))
        return self._repeated >= REPEATED

    def _pass_frame(self) -> bool:
        m, reader = self._machine, self._machine.reader
        if reader.peek(1) != b"\x95" or (m.frame_end and reader.offset != m.frame_end):
            return False
        step(m, self._handlers)
        return True

    def _sink(self, pieces: list[Region], known: Known) -> None:
        """What the stack holds is data, nobody knows how much of it; but what comes next may need its top."""
        m = self._machine
        m.stack, m.marks, m.floored = [], [], True
        last = pieces[-1]
        if m.reader.peek(1) not in _NEEDS_CONTEXT:
            return
        start = self._before_end(last, known)
        if m.reader.offset != last.end:
            m.frame_end = last.end
        pieces[-1] = Region(last.start, start)
        m.reader.seek(start)

    def _before_end(self, region: Region, known: Known) -> int:
        """Where the last few tokens of a region begin."""
        data = self._machine.reader.source.read(region.start, region.end - region.start)
        pattern = free(known, SHORT)
        position = 0
        while (found := pattern.match(data, position)) and position < found.end() < len(data):
            position = found.end()
        return region.start + position


def _may_nest(data: bytes, start: int, end: int) -> bool:
    """Whether thousands of containers may stand inside one another: how deep, only the machine can tell."""
    return any(not data[at : at + 16].translate(None, _NESTING) for at in range(start, end - _STRIDE, _STRIDE))


def reread(machine: Machine, handlers: list[Handler], run: Run) -> list[Symbol]:
    """What a skipped run left on the stack: it is followed again, opcode by opcode."""
    again = Machine(Reader(machine.reader.source, run.start, run.end), machine.listener, _Reading(machine.memo))
    while again.reader.offset < run.end:
        step(again, handlers)
    return again.stack


class _Reading(Memo):
    """A memo that was filled already when this is read."""

    __slots__ = ("_memo",)

    def __init__(self, memo: Memo) -> None:
        super().__init__(lambda region: 0)
        self._memo = memo

    def memoize(self, symbol: Symbol) -> None:
        """Was done."""

    def put(self, index: int, symbol: Symbol) -> None:
        """Was done."""

    def get(self, index: int) -> Symbol:
        return self._memo.get(index)


def count_memoized(source: Source, region: Region) -> int:
    """How often MEMOIZE stands in a region that was skipped."""
    data = source.read(region.start, region.end - region.start)
    return int(memoizing().findall(data).count(b"\x94"))
