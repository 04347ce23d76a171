"""Guards of callables that make containers: what is walked through ends, and what is called later is harmless."""

import re
from collections.abc import Mapping

from entrepot.scan.imports import Harm, Tier, Use
from entrepot.scan.pickle.guards.judgement import (
    HONEST,
    Guard,
    Judgement,
    Ruling,
    arguments,
    called_as,
    harmful,
    is_integer,
    is_listed,
    is_plain,
    is_scalar,
    keywords,
    known,
    unusual,
)
from entrepot.scan.pickle.guards.scalars import range_length
from entrepot.scan.pickle.symbols import Called, Global, Items, Long, Symbol, Unknown

WALKED = 1 << 22
"""Numbers of a range that may be put into a list; honest pickles hold lists as lists."""
_ENDLESS = {"itertools"}
_ANNOTATION = re.compile(r"[\w.\[\], |]{0,200}")
_TYPING = ("typing", "builtins", "collections", "collections.abc", "types", "typing_extensions", "re", "numpy")


def ends(symbol: Symbol) -> Judgement:
    """Whether walking through it ends, and takes no more than is in the file."""
    if isinstance(symbol, Items | tuple | str | bytes | Unknown | Long):
        return HONEST
    if called_as(symbol, ("builtins", "range")) and isinstance(symbol, Called):
        return HONEST if range_length(symbol) <= WALKED else harmful("fills the memory", Harm.RESOURCES)
    if isinstance(symbol, Called):
        made_by = known(symbol.callable)
        if isinstance(symbol.callable, Global) and symbol.callable.module in _ENDLESS:
            return harmful("walks through what may never end", Harm.RESOURCES)
        if made_by is not None and made_by.tier in (Tier.ALLOWED, Tier.GUARDED):
            return HONEST
    return unusual("fills a container from something that is none")


def _collection(call: Called) -> Judgement:
    given = arguments(call)
    named = keywords(call)
    if given is None or named is None:
        return unusual("fills a container from what can't be told")
    if not given:
        return HONEST
    if len(given) > 1 and not all(item is None or is_integer(item) for item in given[1:]):
        return unusual("makes a container in a way that nobody does")
    return HONEST if given[0] is None else ends(given[0])


def _factory(call: Called) -> Judgement:
    given = arguments(call)
    if given is None:
        return unusual("makes a dict whose factory can't be told")
    if len(given) > 1 and (problem := ends(given[1])).ruling is not Ruling.HONEST:
        return problem
    return factory(given[0]) if given else HONEST


def factory(symbol: Symbol) -> Judgement:
    """Whether that may be called without arguments, later on."""
    if symbol is None or is_listed(symbol, Use.REFERENCE):
        return HONEST
    listed = known(symbol)
    if listed is not None and listed.tier is Tier.DANGEROUS:
        return harmful(f"would call {listed}, which {listed.why}", listed.harm or Harm.EXECUTION)
    if called_as(symbol, ("functools", "partial"), ("builtins", "getattr"), ("operator", "itemgetter")):
        return HONEST  # judged when it was made
    if listed is not None and listed.tier is Tier.UNKNOWN:
        return HONEST  # its mention is reported
    return unusual("would call something on each missing key of which nothing is known")


def _iterator(call: Called) -> Judgement:
    match arguments(call):
        case (symbol,):
            return ends(symbol)
    return harmful("calls its first argument whenever somebody asks for the next item")


def _type(call: Called) -> Judgement:
    match arguments(call):
        case (None,):
            return Judgement(Ruling.HONEST, result=Global("types", "NoneType"))
        case (Global("builtins", "Ellipsis" | "NotImplemented" | "None"),):
            return HONEST
        case (str(), _, Items() as body) if body.plain:
            return unusual("makes a class while loading")
        case (_, _, _):
            return harmful("makes a class with methods of the pickle's choice")
    return unusual("asks for the type of something, to get at a class that it doesn't name", Harm.ATTRIBUTE)


def _items(call: Called) -> Judgement:
    given = arguments(call)
    if given and all(is_scalar(item) or called_as(item, ("builtins", "slice")) for item in given):
        return HONEST
    return unusual("gets items by keys that are no data")


def _subscript(call: Called) -> Judgement:
    match arguments(call):
        case (Global(), str() as text) if not _ANNOTATION.fullmatch(text):
            return unusual("compiles text as an annotation of a type")
        case (Global() as generic, _) if generic.module in _TYPING and is_listed(generic, Use.REFERENCE):
            return HONEST
        case (Global() as generic, parameters) if _is_unknown_class(generic) and _are_types(parameters):
            return HONEST
        case (Called() as generic, _) if called_as(generic, ("operator", "getitem"), ("_operator", "getitem")):
            return HONEST
    return harmful("gets an item of an object, past any list", Harm.ATTRIBUTE)


def _is_unknown_class(symbol: Global) -> bool:
    listed = known(symbol)
    is_spelled_so = symbol.name.lstrip("_")[:1].isupper() and not symbol.name.isupper()
    return listed is not None and listed.tier is Tier.UNKNOWN and is_spelled_so


def _are_types(symbol: Symbol) -> bool:
    """Whether it's what stands in the brackets of a generic class, and no key."""
    if isinstance(symbol, tuple):
        return all(_are_types(item) for item in symbol)
    listed = known(symbol)
    return listed is not None and (listed.permits(Use.REFERENCE) or listed.tier is Tier.UNKNOWN)


def _reduced(call: Called) -> Judgement:
    """Types that `|` combines, as Python writes `int | None`."""
    match arguments(call):
        case (Global("operator" | "_operator", "or_"), tuple() as given) if all(_is_flag_or_type(i) for i in given):
            return HONEST
    return harmful("calls a function with the items of a list, one after the other")


def _union(call: Called) -> Judgement:
    given = arguments(call) or ()
    if len(given) == 2 and all(_is_flag_or_type(item) for item in given):
        return HONEST
    return unusual("combines two things that are neither types nor flags")


def _is_flag_or_type(symbol: Symbol) -> bool:
    if isinstance(symbol, Called):
        made_by = known(symbol.callable)
        return made_by is not None and made_by.tier in (Tier.ALLOWED, Tier.GUARDED)
    return is_plain(symbol) or is_listed(symbol, Use.REFERENCE)


GUARDS: Mapping[str, Guard] = {
    "collection": _collection,
    "factory": _factory,
    "iterator": _iterator,
    "type": _type,
    "items": _items,
    "subscript": _subscript,
    "union": _union,
    "reduced": _reduced,
}
