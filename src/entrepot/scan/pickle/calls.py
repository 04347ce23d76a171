"""Opcodes that import, call, build or ask the loader: where a pickle does something."""

from collections.abc import Mapping
from functools import partial

from entrepot.scan.pickle.containers import whole
from entrepot.scan.pickle.memo import SKIPPED, NeedsExact
from entrepot.scan.pickle.names import import_of
from entrepot.scan.pickle.plainness import is_loose, make_tuple
from entrepot.scan.pickle.scalars import Handler
from entrepot.scan.pickle.state import Machine
from entrepot.scan.pickle.symbols import Called, Global, Items, Persistent, Symbol

STATES = 64
"""States of one object that are remembered; honest pickles give it one."""


def _import(m: Machine, module: str, name: str) -> Global:
    symbol = import_of(module, name, m.proto)
    m.listener.imported(symbol, m.place)
    return symbol


def _global(m: Machine) -> None:
    m.stack.append(_import(m, _name(m), _name(m)))


def _name(m: Machine) -> str:
    line = m.reader.line()
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        m.fail("a name that is not text")


def _stack_global(m: Machine) -> None:
    name, module = m.pop(), m.pop()
    if isinstance(name, str) and isinstance(module, str):
        m.stack.append(_import(m, module, name))
        return
    if SKIPPED in (name, module):
        raise NeedsExact
    m.listener.computed(module, name, m.place)
    m.remember("an import whose name is computed", module, name)


def _extension(width: int, m: Machine) -> None:
    code = int.from_bytes(m.reader.take(width), "little", signed=width == 4)
    if code <= 0:
        m.fail("an extension code that is not positive")
    m.listener.extension(code, m.place)
    m.remember(f"extension {code} of the reader's registry", code)


def _reduce(m: Machine) -> None:
    arguments = m.pop()
    m.replace_top(_call(m, m.top(), _as_arguments(arguments)))


def _newobj_ex(m: Machine) -> None:
    keywords = m.pop()
    arguments = m.pop()
    m.replace_top(_call(m, m.top(), _as_arguments(arguments), keywords))


def _obj(m: Machine) -> None:
    items = whole(m)
    if not items:
        m.fail("no class above the mark")
    m.stack.append(_call(m, items[0], make_tuple(items[1:])))


def _inst(m: Machine) -> None:
    # Python's unpickler imports before it looks for the mark, C's behind it.
    called = _import(m, _name(m), _name(m))
    arguments = make_tuple(whole(m))
    m.stack.append(_call(m, called, arguments))


def _as_arguments(arguments: Symbol) -> Symbol:
    """What `*arguments` stands for; Python's unpickler takes anything that can be walked through."""
    if isinstance(arguments, Items) and arguments.complete:
        return make_tuple(arguments.items[:: 2 if arguments.kind == "dict" else 1])
    return arguments


def _call(m: Machine, called: Symbol, arguments: Symbol, keywords: Symbol = None) -> Symbol:
    place = m.place
    call = Called(called, arguments, keywords, place.opcode)
    if _misses_something(m, call):
        raise NeedsExact
    return m.listener.called(call, place)


def _misses_something(m: Machine, call: Called) -> bool:
    """Whether what was skipped could decide what the call does."""
    if call.callable is SKIPPED:
        return True
    parts = call.arguments if isinstance(call.arguments, tuple) else (call.arguments,)
    if SKIPPED not in (*parts, call.keywords):
        return False
    return not (isinstance(call.callable, Global) and m.listener.settled(call.callable, call.opcode))


def _build(m: Machine) -> None:
    state = m.pop()
    target = m.top()
    m.listener.built(target, state, m.place)
    if isinstance(target, Called):
        m.after_build(m, target, state)
        if len(target.states) < STATES:
            target.states.append(state)
        if target.plain and is_loose(state):
            target.plain = False
            m.memo.stale = True


def _persid(m: Machine) -> None:
    line = m.reader.line()
    _ask_loader(m, line.decode("ascii", "replace"))


def _binpersid(m: Machine) -> None:
    _ask_loader(m, m.pop())


def _ask_loader(m: Machine, pid: Symbol) -> None:
    m.listener.persistent(pid, m.place)
    match pid:
        case ("module", Global() as made, _, _):
            # PyTorch before 1.6 saved a class's source beside it, to warn where it has changed, and gives the class.
            m.stack.append(made)
        case _:
            m.stack.append(Persistent(pid))


HANDLERS: Mapping[str, Handler] = {
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "EXT1": partial(_extension, 1),
    "EXT2": partial(_extension, 2),
    "EXT4": partial(_extension, 4),
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "NEWOBJ_EX": _newobj_ex,
    "OBJ": _obj,
    "INST": _inst,
    "BUILD": _build,
    "PERSID": _persid,
    "BINPERSID": _binpersid,
}
