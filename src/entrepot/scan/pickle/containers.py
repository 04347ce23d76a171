"""Opcodes that fill containers, move what is on the stack, and use the memo."""

from collections.abc import Mapping
from functools import partial

from entrepot.scan.pickle.memo import SKIPPED, NeedsExact
from entrepot.scan.pickle.plainness import Bundle, depth_of, is_loose, make_tuple, put_data_into, put_into, weight_of
from entrepot.scan.pickle.scalars import ALLOCATED, Handler
from entrepot.scan.pickle.state import Machine
from entrepot.scan.pickle.symbols import Called, Items, Run, Symbol

WEIGHT = 1 << 26
"""Values that a container may hold with shared ones counted wherever they are, whatever the size of the file."""
EXPANSION = 1 << 14
"""Values for each byte of the stream so far, above which sharing is there to multiply."""
DEPTH = 50_000
"""Containers inside one another; comparing, hashing or freeing deeper ones ends the process."""
MARKS = 1_000_000
"""Containers that are begun before one is complete."""
SLOT = 8
"""Bytes of the memo per index, in the C unpickler."""
_PLAIN_METHODS = {"append": "list", "extend": "list", "__setitem__": "dict", "update": "set"}


def _mark(m: Machine) -> None:
    if len(m.marks) > MARKS:
        m.listener.bomb("nesting", f"more than {MARKS} containers are begun before one is complete", m.place)
        m.fail("too many marks")
    m.marks.append(m.stack)
    m.stack = []


def _pop(m: Machine) -> None:
    if m.stack:
        m.pop()
    elif m.marks or not m.floored:
        m.pop_mark()


def _pop_mark(m: Machine) -> None:
    m.pop_mark()


def _dup(m: Machine) -> None:
    # No pickler writes it; bombs are made of it, and what was skipped can't be weighed.
    if m.top() is SKIPPED:
        raise NeedsExact
    m.stack.append(m.top())


def whole(m: Machine) -> list[Symbol]:
    """What is above the mark, with skipped runs read again: how many there are decides what comes of them."""
    items = m.pop_mark()
    if any(type(item) is Run for item in items):
        return [found for item in items for found in (m.reread(item) if type(item) is Run else (item,))]
    return items


def _tuple(m: Machine) -> None:
    _push_tuple(m, whole(m))


def _tuple_of(count: int, m: Machine) -> None:
    _push_tuple(m, [m.pop() for _ in range(count)][::-1])


def _push_tuple(m: Machine, items: list[Symbol]) -> None:
    made = make_tuple(items)
    if isinstance(made, Bundle):
        made.weight -= m.loans.settle(made, items, (m.stack, *m.marks))
    _check_size(m, made)
    m.stack.append(made)


def _collect(kind: str, m: Machine) -> None:
    """LIST, DICT, FROZENSET: a container of what is above the mark."""
    made = Items(kind)
    items = m.pop_mark()
    m.stack.append(made)
    _fill(m, made, items)


def _add(method: str, m: Machine) -> None:
    """APPEND and SETITEM: one item, or a key and a value, to the container below."""
    value = m.pop()
    items = [m.pop(), value] if method == "__setitem__" else [value]
    _give(m, method, items)


def _add_all(method: str, m: Machine) -> None:
    """APPENDS, SETITEMS and ADDITEMS: what is above the mark to the container below it."""
    _give(m, method, m.pop_mark())


def _give(m: Machine, method: str, items: list[Symbol]) -> None:
    target = m.top()
    if isinstance(target, Items) and target.kind == _PLAIN_METHODS[method]:
        _fill(m, target, items)
    elif items:
        m.listener.method(target, method, items, m.place)
        if isinstance(target, Called) and target.plain and any(is_loose(item) for item in items):
            target.plain = False
            m.memo.stale = True


def _fill(m: Machine, container: Items, items: list[Symbol]) -> None:
    if put_data_into(container, items):
        return
    if any(type(item) is Run or item is SKIPPED for item in items):
        items = _without_runs(m, container, items)
    was_plain = container.plain
    put_into(container, items)
    container.weight -= m.loans.settle(container, items, (m.stack, *m.marks))
    if was_plain and not container.plain:
        m.memo.stale = True
    _check_size(m, container)


def _without_runs(m: Machine, container: Items, items: list[Symbol]) -> list[Symbol]:
    """The items but those that were skipped; in a dict, keys stay with their values."""
    container.complete = False
    if container.kind != "dict":
        return [item for item in items if type(item) is not Run and item is not SKIPPED]
    if not any(is_loose(item) for item in items):
        return []
    found = [inner for item in items for inner in (m.reread(item) if type(item) is Run else (item,))]
    # Below everything else may stand any number of values that were skipped: pairs are told from the end.
    return found[len(found) % 2 :]


def _check_size(m: Machine, container: Symbol) -> None:
    weight = weight_of(container)
    if weight > WEIGHT and weight > m.at * EXPANSION:
        m.listener.bomb("expansion", "a few shared containers stand for many millions of values", m.place)
    if depth_of(container) > DEPTH:
        m.listener.bomb("nesting", f"containers stand more than {DEPTH} deep inside one another", m.place)
        m.fail("nested too deep")


def _memoize(m: Machine) -> None:
    m.memo.memoize(m.top())


def _binput(width: int, m: Machine) -> None:
    _put(m, int.from_bytes(m.reader.take(width), "little"))


def _text_put(m: Machine) -> None:
    _put(m, _index(m))


def _put(m: Machine, index: int) -> None:
    if index * SLOT > ALLOCATED and index > m.at:
        m.listener.bomb("memo", f"index {index} of the memo, of which an unpickler allocates all before it", m.place)
    m.memo.put(index, m.top())


def _binget(width: int, m: Machine) -> None:
    _get(m, int.from_bytes(m.reader.take(width), "little"))


def _text_get(m: Machine) -> None:
    _get(m, _index(m))


def _get(m: Machine, index: int) -> None:
    try:
        m.stack.append(m.memo.get(index))
    except KeyError:
        m.fail(f"nothing is in the memo at {index}")


def _index(m: Machine) -> int:
    line = m.reader.line()
    try:
        index = int(line) if len(line) < 32 else -1
    except ValueError:
        index = -1
    if index < 0:
        m.fail("not an index of the memo")
    return index


def _proto(m: Machine) -> None:
    m.proto = m.reader.take(1)[0]
    if m.proto > 5:
        m.fail(f"protocol {m.proto}")


def _frame(m: Machine) -> None:
    # Where frames and opcodes end together, frames make no difference to what is read, neither in C nor in Python.
    size = int.from_bytes(m.reader.take(8), "little")
    if m.frame_end:
        m.listener.straddled(m.place)
    m.frame_end = m.reader.offset + size
    missing = size - (m.reader.size - m.reader.offset) if size > ALLOCATED else 0
    if missing > ALLOCATED:
        m.listener.bomb("allocation", f"a frame of {size} bytes, of which {missing} are not there", m.place)


def _readonly_buffer(m: Machine) -> None:
    m.top()


HANDLERS: Mapping[str, Handler] = {
    "MARK": _mark,
    "POP": _pop,
    "POP_MARK": _pop_mark,
    "DUP": _dup,
    "TUPLE": _tuple,
    "TUPLE1": partial(_tuple_of, 1),
    "TUPLE2": partial(_tuple_of, 2),
    "TUPLE3": partial(_tuple_of, 3),
    "LIST": partial(_collect, "list"),
    "DICT": partial(_collect, "dict"),
    "FROZENSET": partial(_collect, "frozenset"),
    "APPEND": partial(_add, "append"),
    "APPENDS": partial(_add_all, "extend"),
    "SETITEM": partial(_add, "__setitem__"),
    "SETITEMS": partial(_add_all, "__setitem__"),
    "ADDITEMS": partial(_add_all, "update"),
    "MEMOIZE": _memoize,
    "PUT": _text_put,
    "BINPUT": partial(_binput, 1),
    "LONG_BINPUT": partial(_binput, 4),
    "GET": _text_get,
    "BINGET": partial(_binget, 1),
    "LONG_BINGET": partial(_binget, 4),
    "PROTO": _proto,
    "FRAME": _frame,
    "READONLY_BUFFER": _readonly_buffer,
}
