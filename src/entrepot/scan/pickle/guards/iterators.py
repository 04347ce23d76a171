"""Guards of iterators that call functions or combine items once somebody walks through them."""

import math
from collections.abc import Mapping

from entrepot.scan.imports import Harm, Tier, Use
from entrepot.scan.pickle.guards.judgement import HONEST, Guard, Judgement, arguments, harmful, is_plain, known
from entrepot.scan.pickle.symbols import Called, Items, Symbol, Unknown

COMBINED = 1 << 20
"""Combinations that may be walked through."""
_LONGEST = 9
"""Items of which there are not too many orders."""
_PURE = frozenset(("math", "operator", "_operator"))
_FUNCTIONS = frozenset("abs bool chr float hash hex isinstance len oct ord repr round".split())


def _lazy(call: Called) -> Judgement:
    """Whoever walks through the iterator calls the function: a pickle can, by filling a container from it."""
    for item in arguments(call) or ("",):
        listed = known(item)
        if listed is None and (item is None or is_plain(item) or isinstance(item, Called | Items | tuple | Unknown)):
            continue
        if listed is None or not listed.permits(Use.REFERENCE) or listed.tier is not Tier.ALLOWED:
            return harmful("calls a function for each item of what it is given")
        is_of_text = listed.module == "builtins" and (listed.name in _FUNCTIONS or listed.name.startswith("str."))
        if not (is_of_text or (listed.module in _PURE and listed.name not in ("pow", "mul"))):
            return harmful("calls a function for each item of what it is given")
    return HONEST if _has_no_callable_result(call) else harmful("calls what a call gave for each item")


def _has_no_callable_result(call: Called) -> bool:
    """The first argument of all but `accumulate` is the function; results of calls may be callable."""
    given = arguments(call)
    return given is not None and not (given and isinstance(given[0], Called) and _is_no_iterator(given[0]))


def _is_no_iterator(symbol: Called) -> bool:
    listed = known(symbol.callable)
    return listed is None or str(listed) != "builtins.iter"


def _combined(call: Called) -> Judgement:
    sizes = [_size(item) for item in arguments(call) or ()]
    known_sizes = [size for size in sizes if size is not None]
    if sizes and len(known_sizes) == len(sizes) and max(known_sizes) <= _LONGEST:
        return HONEST if math.prod(1 + size for size in known_sizes) <= COMBINED else _too_many()
    return _too_many()


def _too_many() -> Judgement:
    return harmful("combines items until time and memory are used up", Harm.RESOURCES)


def _size(item: Symbol) -> int | None:
    if isinstance(item, Items):
        return len(item.items) if item.complete else None
    if isinstance(item, int):
        return item if 0 <= item <= 9 else None
    return len(item) if isinstance(item, tuple | str) else None


GUARDS: Mapping[str, Guard] = {"lazy": _lazy, "combined": _combined}
