"""May an object be filled with this state? For classes that do more with it than keep it."""

import re
from collections.abc import Callable, Mapping

from entrepot.scan.imports import Harm, Import, Tier, Use
from entrepot.scan.pickle.guards.judgement import (
    HONEST,
    Judgement,
    arguments,
    harmful,
    known,
    unusual,
)
from entrepot.scan.pickle.guards.objects import bound
from entrepot.scan.pickle.symbols import Called, Global, Items, Symbol

_MAKERS = {"reconstructor", "newobj", "new-object", "cython"}
"""Guards of functions that make an instance of their first argument: its class decides about the state."""
_SHAPES = r"(?:[a-zA-Z_]\w{0,60}, ?){0,20}"
_ARGUMENTS = re.compile(
    rf"""
def _parse_args\(self, {_SHAPES} ?loc=0(?:, scale=1)?\):
    return \({_SHAPES}\), loc, (?:scale|1)

def _parse_args_rvs\(self, {_SHAPES} ?loc=0(?:, scale=1)?, size=None\):
    return self\._argcheck_rvs\({_SHAPES} ?loc, (?:scale|1), size=size\)

def _parse_args_stats\(self, {_SHAPES} ?loc=0(?:, scale=1)?, moments='mv'\):
    return \({_SHAPES}\), loc, (?:scale|1), moments
"""
)
"""The text that SciPy generates for a distribution, and runs when it is unpickled."""
_FORMULA = re.compile(
    r"(?:[\s~+*:^|,()-]|\d++(?:\.\d++)?|(?:C|I|Q|bs|cr|cc|te|standardize|center|scale)(?=\()"
    r"|np\.(?:log|log10|log1p|exp|sqrt|abs|power|square)(?=\()|[A-Za-z_]\w*+(?![.(\[]))*+"
)
"""A formula of names, numbers, operators and patsy's own functions; everything else in it is Python."""
_HIJACKS = {"__class__", "__dict__", "__deepcopy__", "__copy__", "__getinitargs__", "__setstate__", "__reduce_ex__"}
"""Attributes by which an object becomes something else, or that are called when nobody asks for it."""
_CALLED_BY_OPCODES = {"append", "extend", "add"}
"""Methods that opcodes look for on the object itself, where an attribute of that name comes first."""
_BINDERS = {"partial", "attribute", "method", "items", "code", "cloudpickle-code", "dill-code"}


def judge_state(target: Called, state: Symbol, called: Import) -> Judgement:
    """What follows from filling with that state what `target` gave; `called` is what it called."""
    made = _class_of(target, called)
    if made is None:
        return HONEST
    if hijacked := _hijacked(state):
        return harmful(f"sets {hijacked!r} of an object, which turns it into another", Harm.TAMPER)
    is_filled = made.permits(Use.BUILD) or called.guard in ("new-object", "cython")
    if made.tier is Tier.ALLOWED and not is_filled:
        return unusual(f"fills {made} with a state, which it doesn't take")
    judged = _STATES.get(made.guard)
    return judged(state) if judged else HONEST


def _class_of(target: Called, called: Import) -> Import | None:
    if called.guard not in _MAKERS:
        return called
    given = arguments(target)
    return known(given[0]) if given else None


def _hijacked(state: Symbol) -> str:
    """The name of an attribute that no honest state has, where it would get something that was imported or made."""
    for part in state[:2] if isinstance(state, tuple) else (state,):
        if isinstance(part, Items) and part.kind == "dict":
            for key, value in zip(part.items[::2], part.items[1::2], strict=False):
                if isinstance(key, str) and key in _HIJACKS and isinstance(value, Global | Called):
                    return key
                if isinstance(key, str) and key in _CALLED_BY_OPCODES and _is_callable(value):
                    return key
    return ""


def _is_callable(symbol: Symbol) -> bool:
    """A name, or what binds one: whoever calls the attribute calls it, with arguments that the pickle has."""
    if isinstance(symbol, Called):
        made_by = known(symbol.callable)
        return made_by is None or made_by.guard in _BINDERS
    return isinstance(symbol, Global)


def _field(state: Symbol, name: str) -> Symbol:
    if isinstance(state, Items) and state.kind == "dict":
        for key, value in zip(state.items[::2], state.items[1::2], strict=False):
            if key == name:
                return value
    return None


def _partial(state: Symbol) -> Judgement:
    match state:
        case (function, held, named, _):
            listed = known(function)
            if listed is not None and listed.guard == "caller" and isinstance(held, tuple):
                from entrepot.scan.pickle.guards import judge

                return judge(Called(function, held, named), listed)
            return bound(function)
    return unusual("fills a partial with a state that it doesn't write")


def _distribution(state: Symbol) -> Judgement:
    parts = state if isinstance(state, tuple) else (state,)
    for part in parts:
        template = _field(part, "_parse_arg_template")
        if template is not None and not (isinstance(template, str) and _ARGUMENTS.fullmatch(template)):
            return harmful("has SciPy run Python code that stands in the state of a distribution")
        for name in ("_parse_args", "_attach_methods", "_attach_argparser_methods", "_construct_argparser"):
            if _field(part, name) is not None:
                return harmful(f"replaces {name} of a distribution, which is called while it is unpickled")
    return HONEST


def _formula(state: Symbol) -> Judgement:
    formula = _field(state, "formula")
    if formula is not None and not (isinstance(formula, str) and _FORMULA.fullmatch(formula[:10_000])):
        return harmful("has statsmodels evaluate a formula that holds Python code")
    return HONEST


def _plain_file(state: Symbol) -> Judgement:
    name = _field(state, "filename")
    if isinstance(name, str) and re.fullmatch(r"[\w-][\w.-]*(?:\.npy|\.z|\.pkl|\.joblib)?\w*", name):
        return HONEST
    return harmful("reads an array from a file that is not beside this one", Harm.FILES)


def _array_type(state: Symbol) -> Judgement:
    match state:
        case (int(), _, _, _, Items() as fields, int() as size, *_) if size >= 0:
            for field in fields.items[1::2]:
                match field:
                    case (_, int() as offset, *_) if not 0 <= offset <= size:
                        return harmful("makes a dtype whose field lies outside of its items", Harm.NATIVE)
    return HONEST


_STATES: Mapping[str, Callable[[Symbol], Judgement]] = {
    "partial": _partial,
    "distribution": _distribution,
    "formula-data": _formula,
    "joblib-file": _plain_file,
    "array-dtype": _array_type,
}
