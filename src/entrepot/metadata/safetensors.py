"""A safetensors file's header: which tensors there are, checked against the file's size."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata.prefix import NeedMore
from entrepot.metadata.strictjson import read_json_object

# What the format itself allows.
MAX_HEADER = 100_000_000
# What is read for display: headers of a hundred thousand tensors stay below, and Python needs ten times the memory.
MAX_READ = 24 << 20
MAX_INDEX = 24 << 20
MAX_RANK = 64
MAX_ELEMENTS = 1 << 63

_BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor; `begin` and `end` count bytes from where the header ends."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """What stands at the front of one file; tensors are in the order of their bytes."""

    tensors: tuple[Tensor, ...]
    metadata: Mapping[str, str]
    size: int

    @property
    def parameters(self) -> dict[str, int]:
        """How many numbers there are of each type."""
        counts: Counter[str] = Counter()
        for tensor in self.tensors:
            counts[tensor.dtype] += tensor.elements
        return dict(counts)

    @property
    def total(self) -> int:
        """How many numbers there are."""
        return sum(tensor.elements for tensor in self.tensors)


def read_header(prefix: bytes, file_size: int) -> SafetensorsHeader | NeedMore:
    """The header of a file that begins with these bytes and is `file_size` long.

    Raises `Invalid` for what the format does not allow: overlaps, holes, bytes past the last tensor,
    sizes that do not follow from type and shape. Raises `TooLarge` for headers over `MAX_READ`.
    """
    if file_size < 8:
        raise Invalid("not a safetensors file: shorter than the length of its header")
    if len(prefix) < 8:
        return NeedMore(8)
    length = int.from_bytes(prefix[:8], "little")
    if length > min(MAX_HEADER, file_size - 8):
        raise Invalid(f"not a safetensors file: its header would be {length} bytes long")
    if length > MAX_READ:
        raise TooLarge(f"the safetensors header is longer than {MAX_READ} bytes")
    if len(prefix) < 8 + length:
        return NeedMore(8 + length)
    return _header(prefix[8 : 8 + length], file_size - 8 - length)


def _header(text: bytes, data_size: int) -> SafetensorsHeader:
    if not text.startswith(b"{"):
        raise Invalid("the safetensors header does not begin with a brace")
    fields = dict(read_json_object(text, MAX_READ, "the safetensors header"))
    metadata = _metadata(fields.pop("__metadata__", {}))
    tensors = sorted((_tensor(name, value) for name, value in fields.items()), key=_place)
    _check_places(tensors, data_size)
    return SafetensorsHeader(tuple(tensors), metadata, 8 + len(text))


def _place(tensor: Tensor) -> tuple[int, int]:
    return tensor.begin, tensor.end


def _check_places(tensors: Iterable[Tensor], data_size: int) -> None:
    at = 0
    for tensor in tensors:
        if tensor.begin != at:
            what = "overlaps another" if tensor.begin < at else "leaves a hole before it"
            raise Invalid(f"the tensor {tensor.name[:80]!r} {what}")
        at = tensor.end
    if at != data_size:
        raise Invalid(f"the tensors take {at} bytes and the file has {data_size} for them")


def _metadata(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise Invalid("the safetensors header's __metadata__ is not an object")
    texts = {name: text for name, text in value.items() if isinstance(text, str)}
    if len(texts) != len(value):
        raise Invalid("the safetensors header's __metadata__ has values that are no texts")
    return texts


def _tensor(name: str, value: object) -> Tensor:
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise Invalid(f"the tensor {name[:80]!r} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = value["dtype"], _numbers(value["shape"]), _numbers(value["data_offsets"])
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise Invalid(f"the tensor {name[:80]!r} has an unknown type")
    if shape is None or offsets is None or len(offsets) != 2:
        raise Invalid(f"the tensor {name[:80]!r} has a malformed shape or place")
    tensor = Tensor(name, dtype, shape, *offsets)
    bits = tensor.elements * _BITS[dtype]
    if tensor.elements > MAX_ELEMENTS or bits % 8 or bits // 8 != tensor.end - tensor.begin:
        raise Invalid(f"the tensor {name[:80]!r} has another size than its type and shape have")
    return tensor


def _numbers(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list) or len(value) > MAX_RANK:
        return None
    numbers = tuple(one for one in value if type(one) is int and 0 <= one < MAX_ELEMENTS)
    return numbers if len(numbers) == len(value) else None


def read_index(data: bytes) -> dict[str, str]:
    """Which file holds which tensor, of a model.safetensors.index.json. Raises `Invalid`.

    The files stand beside the index: names with a slash are refused.
    """
    listed = read_json_object(data, MAX_INDEX, "the safetensors index").get("weight_map")
    if not isinstance(listed, dict) or not listed:
        raise Invalid("the safetensors index has no weight_map")
    for tensor, file in listed.items():
        if not isinstance(file, str) or not file.endswith(".safetensors") or "/" in file or "\\" in file:
            raise Invalid(f"the safetensors index names no file beside it for {tensor[:80]!r}")
    return listed


def check_index(weight_map: Mapping[str, str], headers: Mapping[str, SafetensorsHeader]) -> None:
    """Hold an index against the headers of its files, by file name. Raises `Invalid` where they disagree."""
    held = {(tensor.name, file) for file, header in headers.items() for tensor in header.tensors}
    for tensor, file in weight_map.items():
        if (tensor, file) not in held:
            raise Invalid(f"the safetensors index says that {file[:80]!r} holds {tensor[:80]!r}, and it does not")


def shown_parameters(headers: Iterable[SafetensorsHeader]) -> dict[str, object]:
    """What the Hub shows as `safetensors` of a model in one file or several."""
    counts: Counter[str] = Counter()
    for header in headers:
        counts.update(header.parameters)
    return {"parameters": dict(counts), "total": counts.total()}
