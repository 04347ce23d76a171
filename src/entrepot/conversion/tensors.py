"""Tensors by where their numbers lie, as PyTorch describes them: a storage, an offset, a shape and strides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.domain.errors import Invalid

MAX_RANK = 64
BYTES = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0"), 1),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 2),
    **dict.fromkeys(("I32", "U32", "F32"), 4),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 8),
}
"""Bytes of one number, by the name that safetensors has for its type."""
BY_STORAGE = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8",
    "BoolStorage": "BOOL", "ComplexFloatStorage": "C64",
}  # fmt: skip
"""Types by the class of their storage in PyTorch."""
BY_DTYPE = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
    "int16": "I16", "int8": "I8", "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64", "bool": "BOOL",
    "complex64": "C64", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float8_e4m3fnuz": "F8_E4M3FNUZ",
    "float8_e5m2fnuz": "F8_E5M2FNUZ", "float8_e8m0fnu": "F8_E8M0",
}  # fmt: skip
"""Types by their name in PyTorch."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers that tensors lie in; of an untyped one (`dtype` is empty) `length` counts bytes."""

    key: str
    dtype: str
    length: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor in a storage: offset, shape and strides count numbers, not bytes."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return self.elements * BYTES[self.dtype]

    @property
    def is_contiguous(self) -> bool:
        """Whether its numbers stand in the storage as safetensors wants them, one after the other by rows."""
        wanted = 1
        for length, stride in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if length != 1 and stride != wanted:
                return self.elements == 0
            wanted *= length
        return True

    @property
    def span(self) -> tuple[int, int]:
        """The first byte of the storage that belongs to it, and the one after the last."""
        if not self.elements:
            return 0, 0
        width = BYTES[self.dtype]
        last = sum((length - 1) * stride for length, stride in zip(self.shape, self.strides, strict=True))
        return self.offset * width, (self.offset + last + 1) * width


def tensor(storage: Storage, dtype: str, offset: object, shape: object, strides: object) -> Tensor:
    """The tensor, checked against its storage; raises `Invalid` for one that leaves it or is larger than it."""
    begin, lengths, steps = _numbers([offset]), _numbers(shape), _numbers(strides)
    if begin is None or lengths is None or steps is None or len(lengths) != len(steps):
        raise Invalid("it has a tensor with a malformed place or shape")
    made = Tensor(storage, dtype, begin[0], lengths, steps)
    there = storage.length * (1 if not storage.dtype else BYTES[storage.dtype])
    if made.span[1] > there or made.size > there:
        raise Invalid("it has a tensor that is larger than what is stored of it")
    return made


def _numbers(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) > MAX_RANK:
        return None
    numbers = tuple(one for one in value if type(one) is int and 0 <= one < 1 << 63)
    return numbers if len(numbers) == len(value) else None
