"""Guards of what NumPy and pandas rebuild their arrays, dtypes, generators and indexes with."""

from collections.abc import Mapping

from entrepot.scan.imports import Harm, Tier, Use, look_up
from entrepot.scan.pickle.guards.judgement import (
    HONEST,
    Guard,
    Judgement,
    Ruling,
    arguments,
    dictionary,
    harmful,
    is_integer,
    is_listed,
    is_plain,
    is_text,
    known,
    sequence,
    unusual,
)
from entrepot.scan.pickle.guards.scalars import LARGEST
from entrepot.scan.pickle.symbols import Called, Global, Items, Long, Symbol, Unknown

_GENERATORS = {"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"}
_INDEXES = ("pandas", "numpy")


def _is_array_class(symbol: Symbol) -> bool:
    """A class that may be the type of an array: NumPy's, or one of which nothing is known."""
    listed = known(symbol)
    if listed is None or not listed.name.rpartition(".")[2].lstrip("_"):
        return False
    return listed.permits(Use.REFERENCE) or listed.tier is Tier.UNKNOWN


def _volume(shape: Symbol) -> int | None:
    """How many items an array of that shape has; None where it is no shape."""
    sizes = [shape] if isinstance(shape, int) else sequence(shape)
    if sizes is None:
        return 0 if isinstance(shape, Unknown) else None
    volume = 1
    for size in sizes[:64]:
        if not is_integer(size):
            return None
        volume *= max(0, size) if isinstance(size, int) else 1
    return volume


def _shell(call: Called) -> Judgement:
    match arguments(call):
        case (subtype, shape, kind) if _is_array_class(subtype):
            volume = _volume(shape)
            if volume is not None and volume > LARGEST:
                return harmful(f"allocates an array of {volume:,} items", Harm.RESOURCES)
            if volume is not None and (is_plain(kind) or isinstance(kind, Called)):
                return HONEST
    return unusual("makes an array in a way that NumPy doesn't")


def _mapped(call: Called) -> Judgement:
    return harmful("opens a file as an array, and makes it if there is none", Harm.FILES)


def _new_array(call: Called) -> Judgement:
    given = arguments(call) or ()
    volume = _volume(given[0]) if given else None
    if volume is None or any(isinstance(item, Global) and not is_listed(item, Use.REFERENCE) for item in given):
        return unusual("makes an array in a way that NumPy doesn't")
    return HONEST if volume <= LARGEST else harmful(f"allocates an array of {volume:,} items", Harm.RESOURCES)


def _scalar(call: Called) -> Judgement:
    match arguments(call):
        case (Called() | Global() | Unknown(), *rest) if len(rest) <= 1:
            return HONEST
    return unusual("makes a number in a way that NumPy doesn't")


def _dtype(call: Called) -> Judgement:
    given = arguments(call)
    if not given:
        return unusual("makes a dtype of nothing")
    kind = given[0]
    if is_text(kind) or isinstance(kind, bytes | Items | tuple | Called):
        return HONEST
    listed = known(kind)
    if listed is not None and (listed.permits(Use.REFERENCE) or listed.tier is Tier.UNKNOWN):
        return HONEST
    return unusual("makes a dtype of something that names none")


def _array_class(call: Called) -> Judgement:
    match arguments(call):
        case (Global() as kind,) if is_listed(kind, Use.REFERENCE):
            return HONEST
    return unusual("asks for the class of a dtype that is none of NumPy's")


def _buffer(call: Called) -> Judgement:
    match arguments(call):
        case (content, Called() | Global() | Unknown(), shape, order) if is_text(order) and _volume(shape) is not None:
            if isinstance(content, bytes | Items | Unknown | Called | Long):
                return HONEST
    return unusual("makes an array of bytes in a way that NumPy doesn't")


def _masked(call: Called) -> Judgement:
    match arguments(call):
        case (subtype, base, shape, kind) if _is_array_class(subtype) and _is_array_class(base):
            volume = _volume(shape)
            if volume is not None and volume <= LARGEST and is_plain(kind):
                return HONEST
    return unusual("makes a masked array in a way that NumPy doesn't")


def _function(call: Called) -> Judgement:
    match arguments(call):
        case (str() as module, str() as name) if look_up(module, name).permits(Use.REFERENCE):
            return Judgement(Ruling.HONEST, result=Global(module, name))
    return harmful("imports a module and gets a function from it by text", Harm.IMPORT)


def _text(call: Called) -> Judgement:
    given = arguments(call)
    if given is None or not all(is_plain(item) for item in given):
        return unusual("makes text of something that is none")
    if any(isinstance(item, int) and item > LARGEST for item in given):
        return harmful("fills the memory", Harm.RESOURCES)
    return HONEST


def _is_bit_generator(symbol: Symbol) -> bool:
    if isinstance(symbol, str):
        return symbol in _GENERATORS
    if isinstance(symbol, Global):
        return symbol.name in _GENERATORS and is_listed(symbol, Use.REFERENCE)
    listed = known(symbol.callable) if isinstance(symbol, Called) else None
    return listed is not None and (listed.guard == "random-bits" or listed.name in _GENERATORS)


def _random_bits(call: Called) -> Judgement:
    given = arguments(call)
    if given is not None and (not given or _is_bit_generator(given[0])):
        return HONEST
    return harmful("calls a class that is no generator of random numbers")


def _random_generator(call: Called) -> Judgement:
    given = arguments(call)
    if given is None or len(given) > 2 or (given and not _is_bit_generator(given[0])):
        return unusual("makes a generator of random numbers in a way that NumPy doesn't")
    made_by = known(given[1]) if len(given) == 2 else None
    if len(given) == 2 and (made_by is None or made_by.guard != "random-bits"):
        return harmful("calls what is given as the maker of random bits")
    return HONEST


def _index(call: Called) -> Judgement:
    match arguments(call):
        case (Global() as made, fields) if made.module.split(".", 1)[0] in _INDEXES and _is_array_class(made):
            if dictionary(fields) is not None or isinstance(fields, Items | Unknown):
                return HONEST
    return unusual("makes an index of a class that is none of pandas'")


def _time(call: Called) -> Judgement:
    for item in arguments(call) or ():
        if not (is_plain(item) or isinstance(item, Called | tuple) or is_listed(item, Use.REFERENCE)):
            return unusual("makes a time of something that is none")
        if isinstance(item, str) and item.startswith(("dateutil/", "tzlocal", "/")):
            return unusual("opens a file as a time zone", Harm.FILES)
    return HONEST if arguments(call) is not None else unusual("makes a time of what can't be told")


def _reconstructed(call: Called) -> Judgement:
    """JAX hands on what NumPy's reduction was: a function and its arguments, to be called."""
    match arguments(call):
        case (Global() as function, tuple() as given, *_):
            listed = look_up(function.module, function.name)
            if listed.guard in ("array-shell", "array-buffer"):
                from entrepot.scan.pickle.guards import judge

                return judge(Called(function, given), listed)
    return harmful("calls what is given as the maker of an array")


GUARDS: Mapping[str, Guard] = {
    "array-shell": _shell,
    "array-new": _new_array,
    "array-mapped": _mapped,
    "array-scalar": _scalar,
    "array-dtype": _dtype,
    "array-class": _array_class,
    "array-buffer": _buffer,
    "array-masked": _masked,
    "array-function": _function,
    "array-text": _text,
    "random-bits": _random_bits,
    "random-generator": _random_generator,
    "pandas-index": _index,
    "pandas-time": _time,
    "jax-array": _reconstructed,
}
