"""joblib writes the values of arrays into the stream itself, behind the object that stands for the array."""

import math

from entrepot.scan.dtypes import Unknown as NoType
from entrepot.scan.dtypes import item_size
from entrepot.scan.pickle.state import Broken, Machine
from entrepot.scan.pickle.symbols import Called, Global, Items, Symbol

_WRAPPERS = frozenset(
    {
        ("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ("sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper"),
    }
)
_LARGEST = 1 << 62


def hop_over_values(machine: Machine, target: Called, state: Symbol) -> bool:
    """Pass the values that joblib's loader reads behind BUILD; True where they are a pickle of objects instead, which
    begins there. Raises `Broken`, and `Truncated` where values are missing."""
    if not is_wrapper(target.callable):
        return False
    if machine.reader.offset == machine.frame_end:
        machine.frame_end = 0
    fields = _fields(state)
    size, objects = _item(fields.get("dtype"))
    if objects:
        return True
    shape = fields.get("shape")
    if not isinstance(shape, tuple) or not all(isinstance(length, int) and length >= 0 for length in shape):
        raise Broken("an array of joblib's without a shape")
    if fields.get("numpy_array_alignment_bytes") is not None:
        machine.reader.hop(machine.reader.take(1)[0])
    machine.reader.hop(min(_LARGEST, size * math.prod(length for length in shape if isinstance(length, int))))
    return False


def is_wrapper(symbol: Symbol) -> bool:
    """Whether it is joblib's class that stands for an array."""
    return isinstance(symbol, Global) and (symbol.module, symbol.name) in _WRAPPERS


def _fields(state: Symbol) -> dict[str, Symbol]:
    if not isinstance(state, Items) or state.kind != "dict":
        return {}
    pairs = zip(state.items[::2], state.items[1::2], strict=False)
    return {key: value for key, value in pairs if isinstance(key, str)}


def _item(dtype: Symbol) -> tuple[int, bool]:
    """Bytes of one item of a `numpy.dtype` that was called with its short name, and whether it is of objects."""
    match dtype:
        case Called(callable=Global(module="numpy"), arguments=(str() as name, *_)):
            pass
        case _:
            raise Broken("an array of joblib's without a type")
    states = [state for state in dtype.states if isinstance(state, tuple) and len(state) >= 5]
    if any(_has_objects(state[4], 16) for state in states):
        return 0, True
    try:
        return item_size(name)
    except NoType:
        raise Broken(f"an array of joblib's of type {name!r}") from None


def _has_objects(fields: Symbol, deep: int) -> bool:
    """Whether a structured type's fields, name -> (type, offset), hold objects."""
    if not isinstance(fields, Items):
        return False
    for field in fields.items[1::2]:
        match field:
            case (Called(arguments=(str() as name, *_), states=states), *_):
                inner = [state[4] for state in states if isinstance(state, tuple) and len(state) >= 5]
                if name.strip("<>|=").startswith("O") or (deep and any(_has_objects(more, deep - 1) for more in inner)):
                    return True
    return False
