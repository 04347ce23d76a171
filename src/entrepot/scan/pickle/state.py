"""What a machine has while it follows a stream: stack, marks, memo, position; and who listens."""

from collections.abc import Callable
from typing import NoReturn, Protocol, TypeAlias

from entrepot.domain.values import dataclass
from entrepot.scan.pickle.loans import Loans
from entrepot.scan.pickle.memo import SKIPPED, Memo
from entrepot.scan.pickle.opcodes import names
from entrepot.scan.pickle.reader import Reader
from entrepot.scan.pickle.symbols import Called, Global, Long, Run, Symbol, Unknown


class Broken(ValueError):
    """Where an unpickler gives up; what it did before, it has done."""


@dataclass(frozen=True, slots=True)
class Place:
    """An opcode in the stream; its index is None where opcodes before it were skipped uncounted."""

    offset: int
    opcode: str
    index: int | None = None


class Listener(Protocol):
    """Who is told what the stream does, at the moment at which it does it."""

    def imported(self, symbol: Global, at: Place) -> None:
        """A name was imported."""
        ...

    def computed(self, module: Symbol, name: Symbol, at: Place) -> None:
        """A name was imported that is not a plain string in the stream."""
        ...

    def extension(self, code: int, at: Place) -> None:
        """A name was imported that only the reader's extension registry knows."""
        ...

    def called(self, call: Called, at: Place) -> Symbol:
        """Something was called. Gives what comes of it: the call itself, `plain` set, or the value that it gives."""
        ...

    def built(self, target: Symbol, state: Symbol, at: Place) -> None:
        """BUILD gave a state to something."""
        ...

    def method(self, target: Symbol, method: str, values: list[Symbol], at: Place) -> None:
        """Something that is no plain container was filled, by a method of its own; for a mapping, keys and values
        take turns."""
        ...

    def persistent(self, pid: Symbol, at: Place) -> None:
        """The loader was asked for what it knows by that id."""
        ...

    def straddled(self, at: Place) -> None:
        """Something does not end where its frame does."""
        ...

    def constant(self, value: str | bytes | Long, at: Place) -> None:
        """Text or bytes that begin as something loadable does."""
        ...

    def bomb(self, kind: str, message: str, at: Place) -> None:
        """Something is larger than any honest file would make it."""
        ...

    def settled(self, symbol: Global, use: str) -> bool:
        """Whether that use (`REDUCE`, `NEWOBJ`) with any data, and then BUILD with data, would tell nothing new."""
        ...


class Machine:
    """The state of one stream. As in CPython's unpicklers, nothing reaches below the last mark."""

    __slots__ = (
        "after_build",
        "at",
        "code",
        "exact",
        "floored",
        "frame_end",
        "index",
        "listener",
        "loans",
        "marks",
        "memo",
        "proto",
        "reader",
        "reread",
        "stack",
    )

    def __init__(self, reader: Reader, listener: Listener, memo: Memo) -> None:
        self.reader = reader
        self.listener = listener
        self.memo = memo
        self.stack: list[Symbol] = []
        self.marks: list[list[Symbol]] = []
        """The stacks below each mark, the outermost first."""
        self.floored = False
        """Whether below all of that lie values and marks that were skipped: plain ones, nobody knows how many."""
        self.frame_end = 0
        """Where the last frame ends; what begins in a frame ends in it, or the C unpickler loses the frame's rest."""
        self.proto = 0
        self.at = 0
        self.code = 0
        self.index = -1
        self.exact = True
        """Whether `index` counts the opcodes."""
        self.after_build: AfterBuild = nothing
        """For loaders that read on behind BUILD by themselves, as joblib's."""
        self.loans = Loans()
        self.reread: Callable[[Run], list[Symbol]] = lambda run: []
        """What a skipped run put on the stack."""

    @property
    def place(self) -> Place:
        """The opcode that is being executed."""
        return Place(self.at, names().get(self.code, f"{self.code:#04x}"), self.index if self.exact else None)

    def pop(self) -> Symbol:
        """The topmost value, taken off. Raises `Broken`."""
        if self.stack:
            item = self.stack.pop()
            if type(item) is not Run:
                return item
            self.stack.extend(self.reread(item))
            return self.pop()
        return self._from_below()

    def top(self) -> Symbol:
        """The topmost value. Raises `Broken`."""
        if self.stack:
            if type(self.stack[-1]) is Run:
                self.stack.append(self.pop())
            return self.stack[-1]
        return self._from_below()

    def replace_top(self, symbol: Symbol) -> None:
        """Put another value in the place of the topmost one."""
        if self.stack:
            self.stack[-1] = symbol
        else:
            self.stack.append(symbol)

    def pop_mark(self) -> list[Symbol]:
        """Everything above the last mark, which goes with it. Raises `Broken`."""
        items = self.stack
        if self.marks:
            self.stack = self.marks.pop()
        elif self.floored:
            self.stack = []
            items.insert(0, SKIPPED)
        else:
            self.fail("there is no mark")
        return items

    def remember(self, name: str, *arguments: Symbol) -> Called:
        """A value that comes of something other than a call, and may be anything."""
        made = Called(Unknown(name), arguments, opcode=names()[self.code])
        self.stack.append(made)
        return made

    def fail(self, why: str) -> NoReturn:
        """Raises `Broken`."""
        raise Broken(f"{names().get(self.code, 'opcode')} at {self.at}: {why}")

    def _from_below(self) -> Symbol:
        if self.marks or not self.floored:
            self.fail("the stack is empty")
        return SKIPPED


AfterBuild: TypeAlias = Callable[[Machine, Called, Symbol], None]


def nothing(machine: Machine, target: Called, state: Symbol) -> None:
    """What plain unpicklers do behind BUILD."""


def step(machine: Machine, handlers: list[Callable[[Machine], None]]) -> None:
    """Execute one opcode. Raises `Broken`, `Truncated`, `NeedsExact`, and what STOP raises."""
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
        _leave_frame(machine)
    handlers[code](machine)


def _leave_frame(machine: Machine) -> None:
    """Tell of an opcode that began before the frame's end and ended behind it."""
    if machine.at > machine.frame_end:
        machine.listener.straddled(machine.place)
    machine.frame_end = 0
