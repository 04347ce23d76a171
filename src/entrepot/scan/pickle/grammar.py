"""Patterns of opcodes that can only move data: what stands between two imports or calls is passed at the speed of `re`.

Two of them. With nothing but data on the stack, whatever such an opcode reaches is data (`free`). With something else
on it, only runs pass that never reach below where they begin (`pushing`): values, and small containers of values.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from entrepot.domain.values import dataclass
from entrepot.scan.pickle.scalars import BYTES_CARRIED, CARRIED

MOST = 1 << 16
"""Tokens of one match; more would only be counted again."""
SHORT = 32
"""Tokens of a match that is read again for what they left on the stack."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a pattern depends on, beside the opcodes: which entries of the memo are not data."""

    style: str
    """How the stream fills its memo: `memoize`, `put`, or empty for not at all."""
    loose: frozenset[int] = frozenset()
    made: frozenset[int] = frozenset()
    """Of these, the classes that NEWOBJ may make with any data."""
    called: frozenset[int] = frozenset()
    """And those that REDUCE may call with any data."""


@lru_cache(maxsize=64)
def free(known: Known, most: int = MOST) -> re.Pattern[bytes]:
    """Opcodes that may follow in any order where nothing but data is on the stack."""
    # Tried in this order, and fastest where each begins with a byte of its own.
    memo = _memo(known)
    memoize = rb"\x94" if known.style == "memoize" else b""
    ones = rb"[N)\]}\x88\x89\x8f(t\x85-\x87aesuld\x91\x900" + memoize + rb"]++"
    tokens = [
        *_gets(known, rb"(?:K.|J.{4}|M..|G.{8}|" + ones + rb")?+"),
        _usual(known) + memo + rb"(?:K.|J.{4}|M..)?+",
        rb"G.{8}" * 8,
        *_instances(known, True),
        ones + (b"" if memoize else memo),
        rb"K.",
        rb"J.{4}",
        rb"M..",
        rb"G.{8}",
        _texts(known) + memo,
        rb"(?<=[us])b",
        *_scalars(known),
        memo.removesuffix(b"?+"),
    ]
    return _compile(tokens, most)


@lru_cache(maxsize=64)
def pushing(known: Known, most: int = MOST) -> re.Pattern[bytes]:
    """Values one after another, whatever is below them."""
    value, memo = _value(known), _memo(known)
    tokens = [
        _usual(known) + memo + rb"(?:K.|J.{4}|M..)?+(?!\x85|\x86|\x87)",
        rb"G.{8}" * 8 + rb"(?!\x85|\x86|\x87)",
        *_instances(known, False),
        rb"[\]}]" + memo + rb"(?:\((?:" + value + rb"){0,999}+[eu])?+",
        rb"\((?:" + value + rb"){0,999}+t" + memo,
        value + rb"(?:\x85|" + value + rb"(?:\x86|" + value + rb"\x87))" + memo,
        _texts(known) + memo,
        value,
    ]
    return _compile(tokens, most)


@cache
def memoizing() -> re.Pattern[bytes]:
    """Everything up to a MEMOIZE, or the end, in a run that one of the others has passed."""
    known = Known("memoize")
    ones = rb"[N)\]}\x88\x89\x8f(t\x85-\x87aesuld\x91\x900bR\x81]++"
    tokens = (
        rb"h.",
        ones,
        _counted(rb"\x8c", 0),
        rb"G.{8}",
        rb"[K].",
        rb"J.{4}",
        rb"M..",
        rb"j.{4}",
        *_scalars(known, b""),
    )
    return re.compile(rb"(?:" + b"|".join(tokens) + rb")*+(\x94|\Z)", re.DOTALL)


def _compile(tokens: Iterable[bytes], most: int) -> re.Pattern[bytes]:
    alternatives = b"|".join(token for token in tokens if token)
    return re.compile(rb"(?:" + alternatives + rb"){0,%d}+" % most, re.DOTALL)


@lru_cache(maxsize=4)
def _value(known: Known) -> bytes:
    """One value, with what puts it into the memo; of texts, short ones only, for this stands in many places."""
    memo = _memo(known)
    opcode, zeros = _text_opcode(known)
    text = opcode + rb"(?!" + rb"." * (zeros + 1) + CARRIED + rb")" + _any(_lengths(zeros, range(24))) + memo
    numbers = (rb"K.", rb"M..", rb"J.{4}", rb"G.{8}", rb"[N)\x88\x89]", rb"[\]}\x8f]" + memo)
    data = rb"C(?!." + BYTES_CARRIED + rb")" + _any(_lengths(0, range(17))) + memo
    return _any([*numbers, text, *_gets(known, b""), data])


def _text_opcode(known: Known) -> tuple[bytes, int]:
    """How streams that fill their memo like that write short texts: the opcode, and zeros behind the length's byte."""
    return (rb"\x8c", 0) if known.style == "memoize" else (rb"X", 3)


def _any(tokens: Iterable[bytes]) -> bytes:
    return rb"(?:" + b"|".join(tokens) + rb")"


def _lengths(zeros: int, sizes: Iterable[int], first: bytes = b"") -> list[bytes]:
    """For each length, its byte, some zeros, and as much as it says; `first` is what the first byte may be."""
    rest = b"\\x00" * zeros
    return [
        re.escape(bytes([size])) + rest + (first + rb".{%d}" % (size - 1) if first else rb".{%d}" % size)
        for size in sizes
    ]


def _counted(opcode: bytes, zeros: int, most: int = 256) -> bytes:
    """Text or bytes behind a length of one byte and some zeros."""
    return opcode + _any(_lengths(zeros, range(most)))


def _usual(known: Known) -> bytes:
    """Texts that can't carry anything, as their first byte tells: nearly all, and told fast."""
    opcode, zeros = _text_opcode(known)
    return opcode + _any(_lengths(zeros, range(1, 48), rb"[^g8\xc2]"))


def _texts(known: Known) -> bytes:
    """All texts of up to 255 bytes, unless they carry something that is to be looked at."""
    opcode, zeros = _text_opcode(known)
    return opcode + rb"(?!" + rb"." * (zeros + 1) + CARRIED + rb")" + _counted(b"", zeros)


def _scalars(known: Known, memo: bytes | None = None) -> tuple[bytes, ...]:
    """Bytes, long numbers, and what older protocols write."""
    memo = _memo(known) if memo is None else memo
    carried = rb"(?!." + BYTES_CARRIED + rb")"
    recent = (
        rb"\x8a" + _any(_lengths(0, range(17))) + memo,
        rb"C" + carried + _counted(b"", 0, 33) + memo,
    )
    if known.style == "memoize":
        return recent
    return (
        *recent,
        rb"U" + carried + _counted(b"", 0, 33) + memo,
        rb"I-?+\d{1,18}\n",
        rb"L-?+\d{1,99}L\n",
        rb"F[-+.\deinf]{1,40}\n",
        rb"V(?!" + CARRIED + rb")[^\n\\]{0,999}+\n" + memo,
        rb"S'(?!" + BYTES_CARRIED + rb")[^\n'\\]{0,999}+'\n" + memo,
    )


def _memo(known: Known) -> bytes:
    """What may put the value before it into the memo."""
    if known.style == "memoize":
        return rb"\x94?+"
    if known.style == "put":
        return rb"(?:q" + _one_of(known.loose, 1) + rb"|r" + _one_of(known.loose, 4) + rb"|p" + _digits(known) + rb")?+"
    return b""


def _gets(known: Known, then: bytes) -> tuple[bytes, ...]:
    """What takes data out of the memo."""
    if not known.style:
        return ()
    one, four = _one_of(known.loose, 1), _one_of(known.loose, 4)
    recent = (rb"h" + one + then, rb"j" + four + then)
    return recent if known.style == "memoize" else (*recent, rb"g" + _digits(known))


def _one_of(loose: frozenset[int], width: int) -> bytes:
    """An index of that many bytes which is not among those; wide ones are below 16 million, as honest ones are."""
    if width == 1:
        among = b"".join(re.escape(bytes([index])) for index in sorted(loose) if index < 256)
        return rb"[^" + among + rb"]" if among else rb"."
    rest = rb".{3}\x00"
    among = b"|".join(re.escape(index.to_bytes(4, "little")) for index in sorted(loose))
    return rb"(?!" + among + rb")" + rest if among else rest


def _digits(known: Known) -> bytes:
    among = b"|".join(rb"%d" % index for index in sorted(known.loose))
    return (rb"(?!0*+(?:" + among + rb")\n)" if among else b"") + rb"\d{1,7}\n"


def _instances(known: Known, filled: bool) -> list[bytes]:
    """Calls of what may be called with any data, from its name in the memo to the call; `filled`: with the dict behind
    it and its mark, by which most instances are filled."""
    found = []
    memo = _memo(known)
    state = rb"(?:\}" + memo + rb"\(?+)?+" if filled else b""
    for opcode, indices in ((rb"\x81", known.made), (rb"R", known.called)):
        if indices:
            rest = rb"\)" + opcode + memo + state
            found += [name + rest for name in _names(indices)]
    if known.made:
        found += [name + _arguments(known) + rb"\x81" + memo for name in _names(known.made)]
    if known.called:
        found += [name + _arguments(known) + rb"R" + memo for name in _names(known.called)]
    return found


@lru_cache(maxsize=4)
def _arguments(known: Known) -> bytes:
    value, memo = _value(known), _memo(known)
    few = value + rb"(?:\x85|" + value + rb"(?:\x86|" + value + rb"\x87))" + memo
    return _any([rb"\((?:" + value + rb"){0,99}+t" + memo, few])


def _names(indices: frozenset[int]) -> list[bytes]:
    """What takes one of these out of the memo, the shortest way."""
    low = b"".join(re.escape(bytes([index])) for index in sorted(indices) if index < 256)
    high = [re.escape(index.to_bytes(4, "little")) for index in sorted(indices) if index > 255]
    return ([rb"h[" + low + rb"]"] if low else []) + ([rb"j" + _any(high)] if high else [])
