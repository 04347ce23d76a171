"""Guards of callables that get at attributes, bind functions and make instances of the class they are given."""

import re
from collections.abc import Mapping

from entrepot.scan.imports import REASONS, Harm, Import, Tier, Use, is_standard, look_up
from entrepot.scan.pickle.guards.judgement import (
    HONEST,
    Guard,
    Judgement,
    Ruling,
    arguments,
    called_as,
    harmful,
    is_class,
    is_integer,
    is_scalar,
    keywords,
    known,
    unusual,
)
from entrepot.scan.pickle.plainness import is_plain as is_data
from entrepot.scan.pickle.symbols import Called, Global, Items, Symbol, Unknown

_ACTS = re.compile(
    r"(?:open|close|read|write|unlink|remove|rename|replace|mkdir|rmdir|touch|chmod|symlink|link|glob|iterdir|eval|exec"
    r"|query|pipe|apply\w*|agg|aggregate|map|applymap|load\w*|save\w*|dump\w*|system|popen|call|run|execute|compile"
    r"|to_\w+|from_\w+|read_\w+|write_\w+|register\w*|import\w*|setstate|send|recv|connect|fromfile|tofile)"
)
"""Methods of honest objects that work on files or call what they are given: nobody pickles them by themselves."""
_INNER = re.compile(
    r"\w*(?:globals|locals|builtins|frame|subclasses|modules|code|closure)|f_\w+|gi_\w+|tb_\w+|cr_\w+|func_\w+|mro"
    r"|exec\w*|spawn\w*|fork\w*|popen\w*|Popen|check_\w+|getoutput|getstatusoutput|loader|format_map"
)
"""Attributes that lead to functions and frames, and from there to everything."""
_CONVERTS = re.compile(r"to_(?:numpy|dict|list|frame|dense|array|series|records|period|timestamp)")
_METHOD_OF_DATA = re.compile(r"[a-z][a-z0-9_]{0,30}|__(?:getitem|contains|len|eq|ne|lt|le|gt|ge|add|mul|mod|iter)__")
_LAYOUTS = {
    "object", "dict", "list", "tuple", "set", "frozenset", "int", "long", "float", "complex", "str", "unicode", "bytes",
    "bytearray", "bool",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z_]\w{0,99}")


def _attribute(call: Called) -> Judgement:
    match arguments(call):
        case (owner, str() as name) | (owner, str() as name, _):
            pass
        case _:
            return harmful("gets an attribute whose name is computed", Harm.ATTRIBUTE)
    is_of_data = isinstance(owner, str | bytes | int | float | tuple | Items) or called_as(
        owner, ("builtins", "set"), ("builtins", "frozenset")
    )
    if is_of_data and _METHOD_OF_DATA.fullmatch(name):
        return HONEST  # who calls it gets no further than its own data, and a call by the pickle is one of a result
    if name == "__new__" and isinstance(owner, Global) and is_class(owner):
        return HONEST  # below protocol 4, `partial(Model.__new__, Model, …)` makes instances with keywords
    if not _WORD.fullmatch(name) or name.startswith("__"):
        return harmful(f"gets at {name!r}, from where everything can be reached", Harm.ATTRIBUTE)
    if isinstance(owner, Global):
        return _attribute_of_global(owner, name)
    made_by = _maker(owner)
    if made_by is None or made_by.tier not in (Tier.ALLOWED, Tier.GUARDED, Tier.UNKNOWN):
        return harmful(f"gets {name!r} of something that honest pickles don't ask for attributes", Harm.ATTRIBUTE)
    if _ACTS.fullmatch(name) and made_by.tier is not Tier.UNKNOWN:
        return unusual(f"gets the method {name!r} of an instance of {made_by}", Harm.ATTRIBUTE)
    return HONEST


def _maker(owner: Symbol) -> Import | None:
    """What is known of the class of an instance, or of the function that made it."""
    made_by = known(owner.callable) if isinstance(owner, Called) else None
    if isinstance(owner, Called) and made_by is not None and made_by.guard == "reconstructor":
        given = arguments(owner)
        return known(given[0]) if given else None
    return made_by


def _attribute_of_global(owner: Global, name: str) -> Judgement:
    class_known = look_up(owner.module, owner.name)
    found = Global(owner.module, f"{owner.name}.{name}")
    if look_up(found.module, found.name).tier in (Tier.ALLOWED, Tier.GUARDED):
        return Judgement(Ruling.HONEST, result=found)
    if class_known.tier is Tier.ALLOWED and REASONS["enum"][0] in class_known.why:
        return HONEST
    if class_known.tier is Tier.UNKNOWN and _seems_class(owner.name):
        return HONEST  # a member of an enumeration, as Python 3.11 pickles it, or a class's method
    if class_known.tier in (Tier.ALLOWED, Tier.GUARDED, Tier.UNKNOWN) and _seems_class(owner.name):
        if class_known.permits(Use.REFERENCE) and not _ACTS.fullmatch(name) and not is_standard(owner.module):
            return HONEST  # a method of a framework's class, kept by others; to call it would be a call of a result
        return unusual(f"gets {name!r} of {owner}, which no list has", Harm.ATTRIBUTE)
    return harmful(f"gets {name!r} of {owner}, past any list", Harm.ATTRIBUTE)


def _seems_class(name: str) -> bool:
    return name.rpartition(".")[2].lstrip("_")[:1].isupper()


def _partial(call: Called) -> Judgement:
    given = arguments(call)
    return bound(given[0]) if given else unusual("binds arguments to a function that can't be told")


def bound(function: Symbol) -> Judgement:
    """Whether a function may be kept with arguments bound to it, for somebody to call."""
    listed = known(function)
    if listed is not None:
        if listed.permits(Use.REFERENCE):
            return HONEST
        if listed.tier is Tier.UNKNOWN or listed.guard == "caller":
            return HONEST  # its mention is reported, and a call of what is made here is one of a result
        return harmful(f"binds arguments to {listed}, to be called later", listed.harm or Harm.EXECUTION)
    if called_as(function, ("functools", "partial"), ("builtins", "getattr")) or _is_getter(function):
        return HONEST  # judged when it was made
    return unusual("binds arguments to something that is no function with a name")


def _is_getter(function: Symbol) -> bool:
    made_by = known(function.callable) if isinstance(function, Called) else None
    return made_by is not None and made_by.guard in ("getter", "caller", "items")


def _getter(call: Called) -> Judgement:
    given = arguments(call)
    names = [part for item in given or () for part in (item.split(".") if isinstance(item, str) else "?")]
    if names and all(_is_harmless_name(name) for name in names):
        return HONEST
    return harmful("gets attributes by their names", Harm.ATTRIBUTE)


def _caller(call: Called) -> Judgement:
    given = arguments(call)
    is_named = given and isinstance(given[0], str) and _is_harmless_name(given[0])
    if given and is_named and all(is_data(item) for item in (*given[1:], call.keywords)):
        return HONEST
    return harmful("calls a method by its name")


def _is_harmless_name(name: str) -> bool:
    is_word = _WORD.fullmatch(name) is not None and not name.startswith("__")
    if _CONVERTS.fullmatch(name):
        return True
    return is_word and not (_ACTS.fullmatch(name) or _INNER.fullmatch(name) or is_standard(name))


def _reconstructor(call: Called) -> Judgement:
    match arguments(call):
        case (Global() as made, Global("builtins", layout), state) if layout in _LAYOUTS:
            if not (is_scalar(state) or isinstance(state, Items) or is_data(state)):
                return unusual("makes an object of something that is no data")
            return instance(made, (), None)
    return harmful("makes an object in a way that copyreg doesn't")


def instance(made: Symbol, given: tuple[Symbol, ...], named: Symbol) -> Judgement:
    """Whether an instance of that class may be made without a call of its `__init__`."""
    listed = known(made)
    if listed is None:
        return harmful("makes an instance of a class that has no name")
    if listed.tier is Tier.GUARDED:
        from entrepot.scan.pickle.guards import guards

        return guards()[listed.guard](Called(made, given, named, "NEWOBJ"))
    if listed.permits(Use.NEWOBJ):
        return HONEST
    if listed.tier is Tier.UNKNOWN:
        return HONEST  # the mention of the class, which it can only be, is what is reported
    if listed.tier is Tier.UNLISTED and _seems_class(listed.name):
        return unusual(f"makes an instance of {listed}, which no list has")
    return harmful(f"makes an instance of {listed}: {listed.why}", listed.harm or Harm.EXECUTION)


def _newobj(call: Called) -> Judgement:
    match arguments(call):
        case (made, tuple() as given, Items() as named) if _is_extended(call):
            return instance(made, given, named)
        case (made, *rest) if not _is_extended(call):
            return instance(made, tuple(rest), None)
    return unusual("makes an object of what can't be told")


def _is_extended(call: Called) -> bool:
    return isinstance(call.callable, Global) and call.callable.name == "__newobj_ex__"


def _new_object(call: Called) -> Judgement:
    match arguments(call):
        case (Global() as made,) if look_up(made.module, made.name).permits(Use.REFERENCE):
            return HONEST
    return harmful("makes an instance of a class that is none of the library's")


def _cython(call: Called) -> Judgement:
    match arguments(call):
        case (Global() as made, checksum, state) if is_integer(checksum):
            listed = look_up(made.module, made.name)
            is_class = listed.permits(Use.REFERENCE) or (listed.tier is Tier.UNKNOWN and _seems_class(made.name))
            if is_class and (state is None or isinstance(state, tuple | Unknown | Items)):
                return HONEST
    return unusual("rebuilds a native object from something that its library doesn't write", Harm.NATIVE)


def _method(call: Called) -> Judgement:
    given = arguments(call) or ()
    return bound(given[0]) if len(given) == 2 else unusual("binds a method in a way that nobody does")


def _distribution(call: Called) -> Judgement:
    if arguments(call) == () and not keywords(call):
        return HONEST
    return unusual("makes a distribution from arguments, of which SciPy generates Python code")


def _without_arguments(call: Called) -> Judgement:
    if arguments(call) == () and not keywords(call):
        return HONEST
    return unusual("makes an object with arguments that its library's pickles don't have")


def _registered(call: Called) -> Judgement:
    match arguments(call):
        case (str() as name,) if _WORD.fullmatch(name):
            return HONEST
    return unusual("asks for an algorithm by something that is no name")


GUARDS: Mapping[str, Guard] = {
    "attribute": _attribute,
    "partial": _partial,
    "getter": _getter,
    "caller": _caller,
    "reconstructor": _reconstructor,
    "newobj": _newobj,
    "new-object": _new_object,
    "cython": _cython,
    "method": _method,
    "distribution": _distribution,
    "formula-data": _without_arguments,
    "joblib-file": _without_arguments,
    "registered": _registered,
}
