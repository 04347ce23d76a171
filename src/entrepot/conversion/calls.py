"""What the calls of a checkpoint's pickle would make, told from their names; none of them is made.

What `torch.save` writes of tensors is understood. Anything else becomes an `Aside`, which has a name and stays behind.
"""

from dataclasses import dataclass

from entrepot.conversion.tensors import BY_DTYPE, BY_STORAGE, Storage, Tensor, tensor

PLAIN = (str, int, float, bytes, bool, type(None))
_TENSORS = frozenset({"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"})
_PARAMETERS = frozenset({"_rebuild_parameter", "_rebuild_parameter_with_state"})


@dataclass(frozen=True, slots=True)
class Name:
    """What a pickle imports; here it stays a name."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A value that is nothing to take along; `what` says what would have been made."""

    what: str


def storage_of(said: object) -> Storage | Aside:
    """PyTorch's persistent id: `("storage", class, key, device, length)`, and in old files what it is a view of."""
    if not isinstance(said, tuple) or len(said) < 5 or said[0] != "storage" or any(said[5:]):
        return Aside("a persistent id")
    kind, key, length = said[1], said[2], said[4]
    if not isinstance(kind, Name) or not isinstance(key, str) or type(length) is not int or length < 0:
        return Aside("a persistent id")
    if kind.name == "UntypedStorage":
        return Storage(key, "", length)
    dtype = BY_STORAGE.get(kind.name)
    return Aside(f"{kind.module}.{kind.name}") if dtype is None else Storage(key, dtype, length)


def made(called: object, given: tuple[object, ...]) -> object:
    """What would come of calling that; raises `Invalid` for tensors that leave their storage."""
    if not isinstance(called, Name):
        return aside(called)
    if called == Name("collections", "OrderedDict"):
        return ordered(given)
    if called == Name("torch", "Size") and given and isinstance(given[0], tuple | list):
        return tuple(given[0])
    if called.module == "torch._utils" and called.name in _PARAMETERS and given:
        return given[0]
    if called.module == "torch._utils" and called.name in _TENSORS and len(given) >= 4:
        return _tensor(called, given)
    return aside(called)


def ordered(given: tuple[object, ...]) -> dict[object, object]:
    """The dictionary that a list of pairs makes."""
    pairs = given[0] if given and isinstance(given[0], list) else []
    found: dict[object, object] = {}
    for pair in pairs:
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], PLAIN):
            found[pair[0]] = pair[1]
    return found


def _tensor(called: Name, given: tuple[object, ...]) -> Tensor | Aside:
    storage, offset, shape, strides = given[:4]
    if not isinstance(storage, Storage):
        return Aside(storage.what if isinstance(storage, Aside) else "a tensor without a storage")
    dtype: str | None = storage.dtype
    if called.name == "_rebuild_tensor_v3":
        kind = given[6] if len(given) > 6 else None
        dtype = BY_DTYPE.get(kind.name) if isinstance(kind, Name) and kind.module == "torch" else None
    return tensor(storage, dtype, offset, shape, strides) if dtype else Aside("a tensor of a type of its own")


def aside(called: object) -> Aside:
    """What stays behind of a call."""
    if isinstance(called, Name):
        return Aside(f"{called.module}.{called.name}"[:200])
    return called if isinstance(called, Aside) else Aside("an object")
