"""A GGUF file's header: the few values that the Hub shows, read from the file's first bytes."""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata.prefix import NeedMore
from entrepot.metadata.text import is_storable

T = TypeVar("T")

# Vocabularies of a quarter million tokens, with merges and scores, take about 16 MiB.
MAX_PREFIX = 64 << 20
FIRST_READ = 1 << 20
MAX_KEYS = 1 << 14
MAX_TENSORS = 1 << 18
# All arrays' elements together that must be walked one by one, texts and arrays.
MAX_WALKED = 1 << 22
MAX_DEPTH = 4
MAX_KEY = 65_535
MAX_TENSOR_NAME = 4096
MAX_SHOWN_TEXT = 256 << 10
MAX_TOKEN = 256
MAX_RANK = 8
MAX_ELEMENTS = 1 << 63

_STRING, _ARRAY = 8, 9
_INTEGERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 10: "Q", 11: "q"}
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_CONTEXT_LENGTH = ".context_length"
_TOKENS = "tokenizer.ggml.tokens"
_SHOWN_TEXTS = {"general.architecture": "architecture", "tokenizer.chat_template": "chat_template"}
_SHOWN_TEXTS |= {"general.license": "license", "quantize.imatrix.file": "quantize_imatrix_file"}
_SHOWN_TOKENS = {"tokenizer.ggml.bos_token_id": "bos_token", "tokenizer.ggml.eos_token_id": "eos_token"}


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says of itself; what it does not say is None."""

    total: int
    tensors: int
    architecture: str | None = None
    context_length: int | None = None
    chat_template: str | None = None
    bos_token: str | None = None
    eos_token: str | None = None
    quantize_imatrix_file: str | None = None
    license: str | None = None

    @property
    def shown(self) -> dict[str, object]:
        """What the Hub shows as `gguf`."""
        named = ("architecture", "context_length", "quantize_imatrix_file", "chat_template", "bos_token", "eos_token")
        values = {name: getattr(self, name) for name in named}
        return {"total": self.total} | {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """One tensor; `kind` is ggml's number of its type, and the first dimension of the shape is the innermost."""

    name: str
    kind: int
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


class _Short(Exception):
    """The prefix ends before byte `size`."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def read_header(prefix: bytes, file_size: int) -> GgufHeader | NeedMore:
    """The header of a file that begins with these bytes and is `file_size` long.

    Raises `Invalid` for what is no GGUF (versions 2 and 3, of either byte order) or ends within its
    header, and `TooLarge` where a count goes over its limit or the header over `MAX_PREFIX`.
    """
    return _read(prefix, file_size, lambda reader: reader.read())


def read_tensors(prefix: bytes, file_size: int) -> tuple[GgufTensor, ...] | NeedMore:
    """The tensors of a file that begins with these bytes, in its order; raises as `read_header` does."""
    return _read(prefix, file_size, lambda reader: reader.read_tensors())


def _read(prefix: bytes, file_size: int, read: "Callable[[_Reader], T]") -> T | NeedMore:
    try:
        return read(_Reader(prefix))
    except _Short as short:
        if short.size > file_size:
            raise Invalid("the GGUF file ends within its header") from None
        if short.size > MAX_PREFIX:
            raise TooLarge(f"the GGUF header is longer than {MAX_PREFIX} bytes") from None
        # Doubling keeps the number of calls, each of which begins anew, small.
        return NeedMore(min(file_size, MAX_PREFIX, max(short.size, 2 * len(prefix), FIRST_READ)))


@dataclass(slots=True)
class _Found:
    """What the keys said that is of use."""

    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    tokens_at: int | None = None
    tokens: int = 0


class _Reader:
    """A place in the bytes, and what was found before it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._order = "<"
        self._walked = 0
        self._found = _Found()

    def read(self) -> GgufHeader:
        tensors, keys = self._read_front()
        seen: set[bytes] = set()
        for _ in range(keys):
            key = self._text(MAX_KEY, "a key")
            if key in seen:
                raise Invalid(f"the GGUF key {key[:80]!r} stands twice")
            seen.add(key)
            self._read_value(key.decode("utf-8", "replace"))
        total = sum(self._read_tensor().elements for _ in range(tensors))
        return self._header(total, tensors)

    def read_tensors(self) -> tuple["GgufTensor", ...]:
        tensors, keys = self._read_front()
        for _ in range(keys):
            self._text(MAX_KEY, "a key")
            self._read_value("")
        return tuple(self._read_tensor() for _ in range(tensors))

    def _read_front(self) -> tuple[int, int]:
        if self._take(4) != b"GGUF":
            raise Invalid("not a GGUF file")
        version = self._take(4)
        if version in (b"\0\0\0\2", b"\0\0\0\3"):
            self._order = ">"
        elif version not in (b"\2\0\0\0", b"\3\0\0\0"):
            raise Invalid(f"not a GGUF version that is known: {version.hex()}")
        tensors, keys = self._number("Q"), self._number("Q")
        if tensors > MAX_TENSORS or keys > MAX_KEYS:
            raise TooLarge(f"the GGUF file has {tensors} tensors and {keys} keys")
        return tensors, keys

    def _take(self, size: int) -> bytes:
        self._skip(size)
        return self._data[self._at - size : self._at]

    def _skip(self, size: int) -> None:
        if self._at + size > len(self._data):
            raise _Short(self._at + size)
        self._at += size

    def _number(self, code: str) -> int:
        (value,) = struct.unpack(self._order + code, self._take(struct.calcsize("=" + code)))
        return int(value)

    def _text(self, longest: int, what: str) -> bytes:
        size = self._number("Q")
        if size > longest:
            raise TooLarge(f"the GGUF header has {what} of {size} bytes")
        return self._take(size)

    def _read_value(self, key: str) -> None:
        kind = self._number("I")
        if kind == _STRING:
            self._read_string(key)
        elif kind == _ARRAY:
            self._read_array(key)
        elif kind in _INTEGERS and (key in _SHOWN_TOKENS or key.endswith(_CONTEXT_LENGTH)):
            self._found.numbers[key] = self._number(_INTEGERS[kind])
        else:
            self._skip(_size_of(kind))

    def _read_string(self, key: str) -> None:
        size = self._number("Q")
        if key in _SHOWN_TEXTS and size <= MAX_SHOWN_TEXT:
            if text := _decode(self._take(size)):
                self._found.texts[_SHOWN_TEXTS[key]] = text
        else:
            self._skip(size)

    def _read_array(self, key: str, depth: int = 1) -> None:
        kind, count = self._number("I"), self._number("Q")
        if key == _TOKENS and kind == _STRING and depth == 1:
            self._found.tokens_at, self._found.tokens = self._at, count
        if kind not in (_STRING, _ARRAY):
            self._skip(_size_of(kind) * count)
            return
        self._walked += count
        if self._walked > MAX_WALKED or depth > MAX_DEPTH:
            raise TooLarge(f"the GGUF header's arrays are too long or too deep at {key[:80]!r}")
        if kind == _STRING:
            self._skip_strings(count)
        else:
            for _ in range(count):
                self._read_array(key, depth + 1)

    def _skip_strings(self, count: int) -> None:
        length = struct.Struct(self._order + "Q").unpack_from
        data, at, end = self._data, self._at, len(self._data)
        for left in range(count, 0, -1):
            if at + 8 * left > end:
                raise _Short(at + 8 * left)
            at += 8 + length(data, at)[0]
        self._at = at
        self._skip(0)

    def _read_tensor(self) -> "GgufTensor":
        name = self._text(MAX_TENSOR_NAME, "a tensor's name")
        rank = self._number("I")
        if rank > MAX_RANK:
            raise Invalid(f"a GGUF tensor has {rank} dimensions")
        shape = tuple(self._number("Q") for _ in range(rank))
        if math.prod(shape) > MAX_ELEMENTS:
            raise Invalid("a GGUF tensor has more elements than any file can hold")
        kind = self._number("I")
        self._skip(8)
        return GgufTensor(name.decode("utf-8", "replace"), kind, shape)

    def _header(self, total: int, tensors: int) -> GgufHeader:
        texts, numbers = self._found.texts, self._found.numbers
        context = numbers.get(texts.get("architecture", "") + _CONTEXT_LENGTH, -1)
        named = {name: self._token(numbers.get(key, -1)) for key, name in _SHOWN_TOKENS.items()}
        return GgufHeader(total, tensors, context_length=context if context >= 0 else None, **texts, **named)

    def _token(self, index: int) -> str | None:
        if self._found.tokens_at is None or not 0 <= index < self._found.tokens:
            return None
        self._at = self._found.tokens_at
        self._skip_strings(index)
        size = self._number("Q")
        return _decode(self._take(size)) if size <= MAX_TOKEN else None


def _size_of(kind: int) -> int:
    if kind not in _SIZES:
        raise Invalid(f"the GGUF header has a value of the unknown kind {kind}")
    return _SIZES[kind]


def _decode(raw: bytes) -> str | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if is_storable(text) else None
