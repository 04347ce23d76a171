"""Guards of callables that make text, bytes and numbers: nothing but data in, and no more than is in the file."""

import re
from collections.abc import Mapping

from entrepot.scan.imports import Harm
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
    is_text,
    unusual,
)
from entrepot.scan.pickle.symbols import Called, Global, Items, Long, Symbol, Unknown

LARGEST = 1 << 26
"""What an allocator may be told to make of nothing: 64 MiB, more than any honest pickle asks for."""
DIGITS = 10_000
"""Digits of a number that comes as text; to convert it takes time by their square."""
_PLAIN_CODECS = {"latin1", "latin_1", "iso_8859_1", "utf_8", "utf8", "ascii", "us_ascii", "iso8859_1", "l1"}
_FRACTION = re.compile(r"[+-]?\d{1,10000}(?:/\d{1,10000}|\.\d{0,10000})?")
_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,3}")
_CODE_WORDS = 1 << 20


def _is_bytes(symbol: Symbol) -> bool:
    return isinstance(symbol, bytes | Unknown | Long) or (isinstance(symbol, Items) and symbol.kind == "bytearray")


def _is_data(symbol: Symbol) -> bool:
    return is_plain(symbol) or isinstance(symbol, Long)


def _is_plain_codec(symbol: Symbol) -> bool:
    return isinstance(symbol, str) and symbol.lower().replace("-", "_") in _PLAIN_CODECS


def _encode(call: Called) -> Judgement:
    match arguments(call):
        case (text,) | (text, "strict" | "utf-8"):
            codec: Symbol = "utf-8"
        case (text, codec) | (text, codec, _):
            pass
        case _:
            return unusual("encodes something that can't be told")
    if not is_text(text) and not _is_data(text):
        return unusual("encodes something that is no text")
    if not _is_plain_codec(codec):
        return unusual(f"encodes with {codec!r}, by which nothing but hidden data is ever pickled")
    if not isinstance(text, str):
        return HONEST
    return Judgement(Ruling.HONEST, result=_encoded(text, str(codec)))


def _encoded(text: str, codec: str) -> bytes | None:
    try:
        return text.encode(codec)
    except UnicodeError:
        return None


def _decode(call: Called) -> Judgement:
    match arguments(call):
        case (data,) | (data, "utf-8" | "latin1" | "latin-1" | "ascii" | "utf8") if _is_bytes(data) or is_text(data):
            return HONEST
    return unusual("decodes with something else than a plain text encoding, as hidden data is")


def _number(call: Called) -> Judgement:
    given = arguments(call)
    if given is None or not all(is_plain(item) for item in given):
        return unusual("makes a number of something that is no number")
    if any(isinstance(item, str | bytes) and len(item) > DIGITS for item in given):
        return harmful("makes a number of so many digits that it takes forever", Harm.RESOURCES)
    return HONEST


def _fraction(call: Called) -> Judgement:
    match arguments(call):
        case (str() as text,) if _FRACTION.fullmatch(text.strip()):
            return HONEST
        case (first, second) if is_integer(first) and is_integer(second):
            return HONEST
        case () | (int() | Unknown(),):
            return HONEST
        case (str() as text,) if "e" in text.lower():
            return harmful("makes a fraction of a power of ten that fills the memory", Harm.RESOURCES)
    return unusual("makes a fraction of something else than numbers")


def _text(call: Called) -> Judgement:
    match arguments(call):
        case ():
            return HONEST
        case (data,) if _is_data(data):
            return HONEST
        case (data, codec) | (data, codec, _) if _is_bytes(data) and _is_plain_codec(codec):
            return HONEST
    return unusual("makes text of an object, which asks the object how")


def _buffer(call: Called) -> Judgement:
    match arguments(call):
        case ():
            return HONEST
        case (bool() | int() as size,):
            return HONEST if size <= LARGEST else harmful(f"allocates {size:,} bytes", Harm.RESOURCES)
        case (data,) if _is_bytes(data) or isinstance(data, Items | tuple):
            return HONEST
        case (Called() as inner,) if called_as(inner, ("_codecs", "encode"), ("builtins", "bytes")):
            return HONEST
        case (Called() as inner,) if called_as(inner, ("builtins", "range")):
            return HONEST if range_length(inner) <= LARGEST else harmful("fills the memory", Harm.RESOURCES)
        case (text, codec) if (is_text(text) or isinstance(text, Long)) and _is_plain_codec(codec):
            return HONEST
    return unusual("makes bytes of something that is none")


def range_length(call: Called) -> int:
    """How many numbers a range has; as many as there can be where that can't be told."""
    match arguments(call):
        case (int() as end,):
            return max(0, end)
        case (int() as start, int() as end):
            return max(0, end - start)
        case (int() as start, int() as end, int() as step) if step:
            return max(0, (end - start) // step)
    return 1 << 63


def _file_in_memory(call: Called) -> Judgement:
    given = arguments(call)
    if given is None or len(given) > 2 or not all(_is_data(item) or _is_bytes(item) for item in given):
        return unusual("makes a file in memory of something that is no data")
    return HONEST


def _pattern(call: Called) -> Judgement:
    match arguments(call):
        case (pattern,) | (pattern, _) if _is_data(pattern) and not isinstance(pattern, int):
            flags = (arguments(call) or (0, 0))[1:]
            is_flag = all(is_integer(flag) or called_as(flag, ("re", "RegexFlag")) for flag in flags)
            return HONEST if is_flag else unusual("compiles a pattern with flags that are no numbers")
    return unusual("compiles something that is no pattern")


def _pattern_code(call: Called) -> Judgement:
    given = arguments(call) or ()
    if 5 <= len(given) <= 12 and all(is_plain(item) or isinstance(item, Items | tuple) for item in given):
        return HONEST
    return unusual("hands a pattern's inner code to the native matcher in a way the library doesn't", Harm.NATIVE)


def _zone(call: Called) -> Judgement:
    match arguments(call):
        case (key,) | (key, _) if isinstance(key, Unknown) or (isinstance(key, str) and _ZONE.fullmatch(key)):
            return HONEST
    return harmful("opens a file as a time zone that is none by its name", Harm.FILES)


def _zone_name(call: Called) -> Judgement:
    match arguments(call):
        case (str() as key, *rest) if _ZONE.fullmatch(key) and all(is_plain(item) for item in rest):
            return HONEST
    return unusual("looks for a time zone that is none by its name", Harm.FILES)


def _zone_file(call: Called) -> Judgement:
    match arguments(call):
        case () | (None,) | (None, None | str()):
            return HONEST
    return harmful("reads a file as a time zone", Harm.FILES)


def _zone_data(call: Called) -> Judgement:
    match arguments(call):
        case (Global() as made, key, name, data) if made.name == "tzfile" and is_plain(key) and is_plain(name):
            return HONEST if _is_bytes(data) or isinstance(data, tuple) else unusual("makes a time zone of no data")
    return unusual("makes a time zone in a way that its library doesn't")


def _logger(call: Called) -> Judgement:
    given = arguments(call)
    return (
        HONEST
        if given is not None and all(item is None or is_text(item) for item in given)
        else unusual("asks for a logger by something that is no name")
    )


def _array_of_numbers(call: Called) -> Judgement:
    match arguments(call):
        case (Global("array", "array"), str(), int(), data) if _is_bytes(data):
            return HONEST
        case (str() | Unknown(),):
            return HONEST
        case (str() | Unknown(), content) if _is_data(content) or isinstance(content, Items | tuple):
            return HONEST
        case (str() | Unknown(), Called() as content) if called_as(
            content, ("builtins", "bytes"), ("_codecs", "encode")
        ):
            return HONEST
    return unusual("makes an array of something else than numbers or bytes")


GUARDS: Mapping[str, Guard] = {
    "encode": _encode,
    "decode": _decode,
    "number": _number,
    "fraction": _fraction,
    "text": _text,
    "buffer": _buffer,
    "file-in-memory": _file_in_memory,
    "pattern": _pattern,
    "pattern-code": _pattern_code,
    "zone": _zone,
    "zone-name": _zone_name,
    "tz-file": _zone_file,
    "tz-data": _zone_data,
    "logger": _logger,
    "array": _array_of_numbers,
}
