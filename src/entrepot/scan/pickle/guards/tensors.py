"""Guards of what PyTorch rebuilds tensors with: views stay inside their storage, and hooks are empty."""

from collections.abc import Mapping

from entrepot.scan.imports import Harm, Tier, Use, look_up
from entrepot.scan.pickle.guards.judgement import (
    HONEST,
    Guard,
    Judgement,
    Ruling,
    arguments,
    called_as,
    harmful,
    is_integer,
    is_plain,
    known,
    sequence,
    unusual,
)
from entrepot.scan.pickle.symbols import Called, Global, Items, Long, Persistent, Symbol, Unknown

_STORAGES = ("torch.storage", "torch", "torch.cuda", "torch._utils")


def hooks(symbol: Symbol) -> Judgement:
    """Whether the hooks of a tensor are none, as in every honest file."""
    if symbol is None or isinstance(symbol, bool | Unknown):
        return HONEST
    if isinstance(symbol, Items) and not symbol.items:
        return HONEST
    if called_as(symbol, ("collections", "OrderedDict")) and isinstance(symbol, Called):
        if symbol.arguments == () or symbol.arguments == (Items("list"),):
            return HONEST
        return harmful("gives a tensor hooks, which are called when it is used")
    return harmful("gives a tensor hooks that are no empty dict")


def _elements(storage: Symbol) -> int | None:
    """How many elements the storage has, as its persistent id says."""
    match storage:
        case Persistent((_, _, _, _, int() as count, *_)):
            return count
    return None


def _is_storage(symbol: Symbol) -> bool:
    if isinstance(symbol, Persistent | Unknown):
        return True
    if not (isinstance(symbol, Called) and isinstance(symbol.callable, Global)):
        return False
    listed = look_up(symbol.callable.module, symbol.callable.name)
    return symbol.callable.module in _STORAGES and listed.tier in (Tier.ALLOWED, Tier.GUARDED)


def view(storage: Symbol, offset: Symbol, size: Symbol, stride: Symbol) -> Judgement:
    """Whether a view of that shape stays inside the storage it is of."""
    if not _is_storage(storage):
        return unusual("makes a tensor of something that is no storage")
    sizes, strides = sequence(_unpacked(size)), sequence(_unpacked(stride))
    if sizes is None or strides is None:
        is_skipped = isinstance(size, Unknown) or isinstance(stride, Unknown)
        return HONEST if is_skipped else unusual("makes a tensor whose shape is none", Harm.NATIVE)
    if not all(is_integer(item) for item in (*sizes, *strides, offset)) or len(sizes) != len(strides):
        return unusual("makes a tensor whose shape is none", Harm.NATIVE)
    numbers = [item for item in (*sizes, *strides, offset) if isinstance(item, int)]
    if any(item < 0 for item in numbers):
        return harmful("makes a tensor that reaches before the start of its storage", Harm.NATIVE)
    if len(numbers) == 2 * len(sizes) + 1:
        return _inside(_elements(storage), numbers[-1], numbers[: len(sizes)], numbers[len(sizes) : -1])
    return HONEST


def _inside(elements: int | None, offset: int, sizes: list[int], strides: list[int]) -> Judgement:
    if elements is None or 0 in sizes:
        return HONEST
    last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    if last < elements:
        return HONEST
    return harmful(f"makes a tensor that reaches to element {last:,} of a storage of {elements:,}", Harm.NATIVE)


def _unpacked(symbol: Symbol) -> Symbol:
    """The numbers inside `torch.Size((2, 3))`."""
    if called_as(symbol, ("torch", "Size")) and isinstance(symbol, Called):
        given = arguments(symbol)
        return given[0] if given else ()
    return symbol


def _tensor(call: Called) -> Judgement:
    given = arguments(call) or ()
    if len(given) < 4:
        return unusual("makes a tensor in a way that PyTorch doesn't")
    judged = view(*given[:4])
    return judged if judged.ruling is not Ruling.HONEST else hooks(given[5] if len(given) > 5 else None)


def _quantized(call: Called) -> Judgement:
    given = arguments(call) or ()
    if not 6 <= len(given) <= 7:
        return unusual("makes a quantized tensor in a way that PyTorch doesn't")
    judged = view(*given[:4])
    return judged if judged.ruling is not Ruling.HONEST else hooks(given[6] if len(given) > 6 else None)


def _parameter(call: Called) -> Judgement:
    given = arguments(call) or ()
    if not (1 <= len(given) <= 4 and _is_tensor(given[0])):
        return unusual("makes a parameter of something that is no tensor")
    return hooks(given[2] if len(given) > 2 else None)


def _is_tensor(symbol: Symbol) -> bool:
    if isinstance(symbol, Persistent | Unknown):
        return True
    made_by = known(symbol.callable) if isinstance(symbol, Called) else None
    return made_by is not None and made_by.tier in (Tier.ALLOWED, Tier.GUARDED)


def _sparse(call: Called) -> Judgement:
    given = arguments(call) or ()
    if given and all(is_plain(item) or isinstance(item, tuple | Global | Called | Items) for item in given):
        return HONEST
    return unusual("makes a sparse tensor in a way that PyTorch doesn't")


def _from_array(call: Called) -> Judgement:
    match arguments(call):
        case (data, *rest) if _is_tensor(data) and all(
            is_plain(item) or isinstance(item, Global | Called) for item in rest
        ):
            return HONEST
    return unusual("makes a tensor of something that is no array")


def _subclass(call: Called) -> Judgement:
    match arguments(call):
        case (Global() as made, *_) if _is_tensor_class(made):
            return HONEST
    return unusual("makes a tensor of a class that is none")


def _is_tensor_class(symbol: Global) -> bool:
    listed = look_up(symbol.module, symbol.name)
    return listed.permits(Use.REFERENCE) or listed.tier is Tier.UNKNOWN


def _by_type(call: Called) -> Judgement:
    match arguments(call):
        case (Global() as function, Global() as made, tuple() as given, *_) if _is_tensor_class(made):
            listed = look_up(function.module, function.name)
            if listed.permits(Use.REFERENCE) and function.module == "torch._utils":
                from entrepot.scan.pickle.guards import judge

                return judge(Called(function, given), listed)
    return harmful("calls a function that is none of those that rebuild tensors")


def _bytes(call: Called) -> Judgement:
    match arguments(call):
        case (bytes() as data,):
            return Judgement(Ruling.HONEST, nested=(data,))
        case (Items(kind="bytearray", items=[bytes() as data]),):
            return Judgement(Ruling.HONEST, nested=(data,))
        case (Called(arguments=(bytes() as data, *_)) as inner,) if called_as(inner, ("builtins", "bytearray")):
            return Judgement(Ruling.HONEST, nested=(data,))
        case (Long(),):
            return unusual("loads bytes that were too many to be held")
    return harmful("loads a file from something that is computed")


def _new(call: Called) -> Judgement:
    given = arguments(call) or ()
    return (
        HONEST
        if all(is_plain(item) or _is_tensor(item) for item in given)
        else unusual("makes a parameter of something that is no tensor")
    )


GUARDS: Mapping[str, Guard] = {
    "tensor": _tensor,
    "tensor-quantized": _quantized,
    "tensor-parameter": _parameter,
    "tensor-sparse": _sparse,
    "tensor-array": _from_array,
    "tensor-subclass": _subclass,
    "tensor-type": _by_type,
    "torch-bytes": _bytes,
    "torch-new": _new,
}
