"""What is thought of one call, and the few questions about symbols that all guards ask."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TypeAlias

from entrepot.domain.values import dataclass
from entrepot.scan.imports import Harm, Import, Tier, Use, look_up
from entrepot.scan.pickle.symbols import Called, Global, Items, Persistent, Symbol, Unknown


class Ruling(StrEnum):
    """What a call or a state is, as far as its arguments tell."""

    HONEST = "honest"
    UNUSUAL = "unusual"
    """No honest framework is known to write it, but no harm can be named either: a person should look."""
    HARMFUL = "harmful"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows from a call. `why` is a sentence for people, empty where the call is honest."""

    ruling: Ruling
    why: str = ""
    harm: Harm | None = None
    nested: tuple[bytes, ...] = ()
    """Bytes among the arguments that the callable unpickles, loads or keeps to be read: to be scanned as files."""
    result: Symbol = None
    """What the call gives, where it's known: encoded bytes, the function that getattr finds. Judge what is done to it
    as if the pickle had named it. None where it isn't known."""


HONEST = Judgement(Ruling.HONEST)
Guard: TypeAlias = Callable[[Called], Judgement]


def unusual(why: str, harm: Harm | None = None) -> Judgement:
    """A judgement that a person should look."""
    return Judgement(Ruling.UNUSUAL, why, harm)


def harmful(why: str, harm: Harm = Harm.EXECUTION) -> Judgement:
    """A judgement that this does harm."""
    return Judgement(Ruling.HARMFUL, why, harm)


def arguments(call: Called) -> tuple[Symbol, ...] | None:
    """The positional arguments, or None where they can't be told."""
    return call.arguments if isinstance(call.arguments, tuple) else None


def keywords(call: Called) -> dict[str, Symbol] | None:
    """The arguments by keyword, or None where they can't be told."""
    if call.keywords is None:
        return {}
    return dictionary(call.keywords)


def dictionary(symbol: Symbol) -> dict[str, Symbol] | None:
    """A dict's items whose keys are text, or None where it is no dict or other keys are among them."""
    if not (isinstance(symbol, Items) and symbol.kind == "dict" and symbol.complete and len(symbol.items) % 2 == 0):
        return None
    pairs = list(zip(symbol.items[::2], symbol.items[1::2], strict=True))
    named = {key: value for key, value in pairs if isinstance(key, str)}
    return named if all(isinstance(key, str) for key, _ in pairs) else None


def is_listed(symbol: Symbol, use: Use) -> bool:
    """Whether it is a global that honest pickles use like that, with any arguments."""
    if not isinstance(symbol, Global):
        return False
    listed = look_up(symbol.module, symbol.name)
    return listed.permits(use) and (listed.tier is Tier.ALLOWED or use is Use.REFERENCE)


def is_class(symbol: Symbol) -> bool:
    """Whether it is a class that may be made without a call of its `__init__`, or that nothing is known of."""
    if not isinstance(symbol, Global):
        return False
    known = look_up(symbol.module, symbol.name)
    return known.permits(Use.NEWOBJ) or known.tier is Tier.UNKNOWN


def known(symbol: Symbol) -> Import | None:
    """What is known of a global; None for whatever else."""
    return look_up(symbol.module, symbol.name) if isinstance(symbol, Global) else None


def is_text(symbol: Symbol) -> bool:
    """Text, or data that was skipped."""
    return isinstance(symbol, str | Unknown)


def is_integer(symbol: Symbol) -> bool:
    """A whole number, or data that was skipped."""
    return isinstance(symbol, int | Unknown)


def is_scalar(symbol: Symbol) -> bool:
    """None, a number, text, bytes, a tuple of these, or data that was skipped: nothing that was imported or called."""
    if isinstance(symbol, tuple):
        return all(is_plain(item) for item in symbol)
    return is_plain(symbol)


def is_plain(symbol: Symbol) -> bool:
    """None, a number, text, bytes or data that was skipped."""
    return symbol is None or isinstance(symbol, bool | int | float | str | bytes | Unknown)


def is_persistent(symbol: Symbol) -> bool:
    """Something that the loader itself looks up."""
    return isinstance(symbol, Persistent)


def called_as(symbol: Symbol, *names: tuple[str, str]) -> bool:
    """Whether it is the result of a call of one of these."""
    return (
        isinstance(symbol, Called)
        and isinstance(symbol.callable, Global)
        and (symbol.callable.module, symbol.callable.name) in names
    )


def sequence(symbol: Symbol) -> list[Symbol] | None:
    """The items of a tuple or a list that was read in full."""
    if isinstance(symbol, tuple):
        return list(symbol)
    if isinstance(symbol, Items) and symbol.kind == "list" and symbol.complete:
        return symbol.items
    return None


def values(symbol: Symbol) -> Iterator[Symbol]:
    """What stands in a dict as values, or in a list or tuple as items."""
    if isinstance(symbol, tuple):
        yield from symbol
    elif isinstance(symbol, Items):
        yield from symbol.items[1::2] if symbol.kind == "dict" else symbol.items
