"""Is a symbol nothing but data, and how large would it be? Answered without walking into it."""

from collections.abc import Iterable

from entrepot.scan.pickle.symbols import Called, Items, Long, Persistent, Run, Symbol, Unknown

KEPT = 256
"""Plain items that a container remembers; more say nothing new. What is not plain is kept far longer."""
KEPT_LOOSE = 20_000
_DATA = frozenset({type(None), bool, int, float, str, bytes})
_SCALARS = _DATA | {Long, Unknown, Persistent, Run}


class Bundle(tuple[Symbol, ...]):
    """A tuple that holds more than scalars, and what was found out of it when it was made."""

    plain: bool
    weight: int
    depth: int


def is_plain(symbol: Symbol) -> bool:
    """Whether it holds no import, and no result of a call that matters."""
    kind = type(symbol)
    if kind in _SCALARS or kind is tuple:
        return True
    if isinstance(symbol, Bundle | Items | Called):
        return symbol.plain
    return False


def is_loose(symbol: Symbol) -> bool:
    """The contrary of plain."""
    return not is_plain(symbol)


def weight_of(symbol: Symbol) -> int:
    """How many values it is, shared ones counted wherever they appear."""
    if isinstance(symbol, Bundle | Items):
        return symbol.weight
    return 1 + len(symbol) if isinstance(symbol, tuple) else 1


def depth_of(symbol: Symbol) -> int:
    """How many containers stand inside one another."""
    if isinstance(symbol, Bundle | Items):
        return symbol.depth
    return 1 if isinstance(symbol, tuple) else 0


def make_tuple(symbols: Iterable[Symbol]) -> tuple[Symbol, ...]:
    """A tuple of symbols that knows about itself what `is_plain` asks."""
    found = tuple(symbols)
    if all(type(item) in _SCALARS for item in found):
        return found
    bundle = Bundle(found)
    bundle.plain = all(is_plain(item) for item in found)
    bundle.weight = 1 + sum(weight_of(item) for item in found)
    bundle.depth = 1 + max(depth_of(item) for item in found)
    return bundle


def put_data_into(container: Items, symbols: list[Symbol]) -> bool:
    """Add items to a container if they are no more than a few numbers and texts, of which nothing has to be asked."""
    if len(container.items) + len(symbols) > KEPT or not _DATA.issuperset(map(type, symbols)):
        return False
    container.weight += len(symbols)
    container.items.extend(symbols)
    return True


def put_into(container: Items, symbols: list[Symbol]) -> None:
    """Add items to a container; of plain ones, only the first are kept. For a dict, keys and values take turns."""
    container.weight += sum(weight_of(item) for item in symbols)
    container.depth = max(container.depth, 1 + max((depth_of(item) for item in symbols), default=0))
    kept = container.items
    width = 2 if container.kind == "dict" else 1
    if len(kept) + len(symbols) <= KEPT:
        kept.extend(symbols)
        container.plain = container.plain and all(is_plain(item) for item in symbols)
        return
    for start in range(0, len(symbols), width):
        group = symbols[start : start + width]
        loose = any(is_loose(item) for item in group)
        container.plain = container.plain and not loose
        if len(kept) < (KEPT_LOOSE if loose else KEPT):
            kept.extend(group)
        else:
            container.complete = False


def loose_parts(symbol: Symbol, limit: int = 5_000) -> list[Symbol]:
    """What in it is not data: imports, and results of calls that matter; of a large symbol, the first ones."""
    found: list[Symbol] = []
    waiting: list[Symbol] = [symbol]
    seen: set[int] = set()
    while waiting and limit:
        item = waiting.pop()
        if is_plain(item) or id(item) in seen:
            continue
        limit -= 1
        seen.add(id(item))
        if isinstance(item, tuple):
            waiting.extend(reversed(item))
        elif isinstance(item, Items):
            waiting.extend(reversed(item.items))
        else:
            found.append(item)
    return found
