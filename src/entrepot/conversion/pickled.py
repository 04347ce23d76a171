"""What the pickle of a checkpoint describes, read without unpickling it.

Nothing is looked up, imported or called: what a call would make is told from its name by `calls`.
"""

import pickletools
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from entrepot.conversion.calls import PLAIN, Aside, Name, aside, made, ordered, storage_of
from entrepot.conversion.tensors import Storage
from entrepot.domain.errors import Invalid, TooLarge

MAX_OPCODES = 20_000_000
"""A checkpoint of a hundred thousand tensors has some five million."""
MAX_VALUE = 16 << 20
"""Bytes that one value of a pickle may have; tensors have theirs elsewhere."""
_MARK = object()


@dataclass(frozen=True, slots=True)
class Described:
    """What one pickle describes, and every storage that it names on the way."""

    value: object
    storages: Mapping[str, Storage]


def read(file: BinaryIO) -> Described:
    """What the next pickle of the stream describes; raises `Invalid` for one that does not hold together."""
    machine = _Machine()
    bounded: Any = _Bounded(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # about escapes in texts, which are not ours
            for count, (opcode, argument, _) in enumerate(pickletools.genops(bounded)):
                if count > MAX_OPCODES:
                    raise TooLarge(f"its pickle has more than {MAX_OPCODES:,} opcodes")
                machine.step(opcode.name, argument)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, AttributeError) as error:
        raise Invalid(f"its pickle does not hold together: {str(error)[:200]}") from None
    return Described(machine.result, machine.storages)


@dataclass(frozen=True, slots=True)
class _Bounded:
    """A stream that is asked for no more at once than honest pickles have: lengths are whatever their author wrote."""

    file: BinaryIO

    def read(self, count: int) -> bytes:
        if count > MAX_VALUE:
            raise ValueError(f"it has a value of {count:,} bytes")
        return self.file.read(count)

    def readline(self) -> bytes:
        return self.file.readline(MAX_VALUE)

    def tell(self) -> int:
        return self.file.tell()


class _Machine:
    """A stack of described values, with the marks and the memo of a pickle."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}
        self.storages: dict[str, Storage] = {}
        self.result: object = None

    def step(self, name: str, argument: object) -> None:
        """One opcode; raises what a stack that is too short raises."""
        if name in _PUSHED:
            self.stack.append(argument)
        else:
            _STEPS.get(name, _unknown)(self, argument)

    def since_mark(self) -> list[object]:
        """What stands above the last mark, which goes as well."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise IndexError("a mark is missing")
        found = self.stack[at + 1 :]
        del self.stack[at:]
        return found

    def take(self, count: int) -> list[object]:
        """The last values, which go."""
        if count > len(self.stack):
            raise IndexError("a value is missing")
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return found


_Step = Callable[[_Machine, object], None]
_PUSHED = frozenset(
    {
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING"),
        *("SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE"),
        "BINUNICODE8",
    }
)


def _unknown(machine: _Machine, argument: object) -> None:
    raise ValueError("it uses what no checkpoint needs")


def _pushes(make: Callable[[], object]) -> _Step:
    return lambda machine, _: machine.stack.append(make())


def _tuple(count: int) -> _Step:
    return lambda machine, _: machine.stack.append(tuple(machine.take(count)))


def _fill(machine: _Machine, items: list[object]) -> None:
    target = machine.stack[-1]
    if isinstance(target, dict):
        for key, value in zip(items[::2], items[1::2], strict=True):
            if isinstance(key, PLAIN):  # another kind of key names no tensor
                target[key] = value
    elif not isinstance(target, Aside):
        raise TypeError("it fills what is no dictionary")


def _extend(machine: _Machine, items: list[object]) -> None:
    target = machine.stack[-1]
    if isinstance(target, list):
        target.extend(items)
    elif not isinstance(target, Aside):
        raise TypeError("it extends what is no list")


def _global(machine: _Machine, argument: object) -> None:
    module, _, name = str(argument).partition(" ")
    machine.stack.append(Name(module, name))


def _stack_global(machine: _Machine, _: object) -> None:
    module, name = machine.take(2)
    machine.stack.append(Name(str(module), str(name)))


def _reduce(machine: _Machine, _: object) -> None:
    called, given = machine.take(2)
    machine.stack.append(made(called, given if isinstance(given, tuple) else ()))


def _new(machine: _Machine, _: object) -> None:
    called, _given = machine.take(2)
    machine.stack.append(aside(called))


def _new_with_keywords(machine: _Machine, _: object) -> None:
    called, _given, _keywords = machine.take(3)
    machine.stack.append(aside(called))


def _build(machine: _Machine, _: object) -> None:
    machine.take(1)  # the state of a dictionary, such as the versions of modules: no tensors
    if not machine.stack:
        raise IndexError("a value is missing")


def _instance(machine: _Machine, argument: object) -> None:
    machine.since_mark()
    machine.stack.append(Aside(str(argument).replace(" ", ".")[:200]))


def _object(machine: _Machine, _: object) -> None:
    machine.stack.append(aside(machine.since_mark()[0]))


def _stored(machine: _Machine, _: object) -> None:
    (said,) = machine.take(1)
    found = storage_of(said)
    if isinstance(found, Storage):
        machine.storages[found.key] = found
    machine.stack.append(found)


def _memoize(machine: _Machine, _: object) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _put(machine: _Machine, argument: object) -> None:
    machine.memo[int(str(argument))] = machine.stack[-1]


def _stop(machine: _Machine, _: object) -> None:
    (machine.result,) = machine.take(1)


def _repeat(machine: _Machine, _: object) -> None:
    machine.stack.append(machine.stack[-1])


def _nothing(machine: _Machine, _: object) -> None:
    pass


_STEPS: Mapping[str, _Step] = {
    **dict.fromkeys(("PROTO", "FRAME"), _nothing),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
    **dict.fromkeys(
        ("GET", "BINGET", "LONG_BINGET"), lambda machine, at: machine.stack.append(machine.memo[int(str(at))])
    ),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), _pushes(lambda: Aside("an extension"))),
    "MEMOIZE": _memoize,
    "NONE": _pushes(lambda: None),
    "NEWTRUE": _pushes(lambda: True),
    "NEWFALSE": _pushes(lambda: False),
    "EMPTY_LIST": _pushes(list),
    "EMPTY_DICT": _pushes(dict),
    "EMPTY_TUPLE": _pushes(tuple),
    "EMPTY_SET": _pushes(lambda: Aside("a set")),
    "BYTEARRAY8": _pushes(lambda: Aside("bytes")),
    "MARK": _pushes(lambda: _MARK),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "LIST": lambda machine, _: machine.stack.append(machine.since_mark()),
    "DICT": lambda machine, _: machine.stack.append(ordered(([*_pairs(machine.since_mark())],))),
    "FROZENSET": lambda machine, _: machine.stack.append(Aside(f"a set of {len(machine.since_mark())}")),
    "APPEND": lambda machine, _: _extend(machine, machine.take(1)),
    "APPENDS": lambda machine, _: _extend(machine, machine.since_mark()),
    "ADDITEMS": lambda machine, _: _extend(machine, machine.since_mark()),
    "SETITEM": lambda machine, _: _fill(machine, machine.take(2)),
    "SETITEMS": lambda machine, _: _fill(machine, machine.since_mark()),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "NEWOBJ": _new,
    "NEWOBJ_EX": _new_with_keywords,
    "INST": _instance,
    "OBJ": _object,
    "BUILD": _build,
    "BINPERSID": _stored,
    "PERSID": _pushes(lambda: Aside("a persistent id")),
    "POP": lambda machine, _: machine.take(1).clear(),
    "POP_MARK": lambda machine, _: machine.since_mark().clear(),
    "DUP": _repeat,
    "STOP": _stop,
}


def _pairs(items: list[object]) -> Iterator[tuple[object, object]]:
    return zip(items[::2], items[1::2], strict=True)
