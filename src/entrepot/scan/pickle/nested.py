"""Bytes that a pickle carries and hands to a loader: what they are once text and compression are taken off."""

import base64
import binascii
import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

from entrepot.scan.budget import Budget
from entrepot.scan.pickle.recognition import imports_something, is_pickle
from entrepot.scan.pickle.symbols import Called, Global, Items, Long, Symbol
from entrepot.scan.source import BytesSource, Source

DEEP = 8
"""Decoders inside one another that are followed."""
_PICKLED = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_ARCHIVES = (b"PK\x03\x04",)
_END_OF_ARCHIVE = b"PK\x05\x06"


def payloads(call: Called, source: Source, budget: Budget) -> Iterator[bytes]:
    """The bytes among a call's arguments, decoded as the calls around them would. Raises `OutOfBudget`."""
    waiting: list[tuple[Symbol, int]] = [(call.arguments, DEEP)]
    while waiting:
        symbol, deep = waiting.pop()
        found = decoded(symbol, source, budget)
        if found is not None:
            yield found
        elif deep and isinstance(symbol, tuple):
            waiting.extend((item, deep - 1) for item in symbol[:64])
        elif deep and isinstance(symbol, Items):
            waiting.extend((item, deep - 1) for item in symbol.items[:64])
        elif deep and isinstance(symbol, Called):
            waiting.append((symbol.arguments, deep - 1))


def decoded(symbol: Symbol, source: Source, budget: Budget, deep: int = DEEP) -> bytes | None:
    """The bytes that a symbol stands for, if they can be told. Raises `OutOfBudget`."""
    found = None
    match symbol:
        case bytes():
            found = symbol
        case str():
            found = symbol.encode("utf-8", "surrogatepass")
        case Long():
            budget.check_string(symbol.size)
            found = source.read(symbol.offset, symbol.size)
        case Items(kind="bytearray", items=[content, *_]):
            found = decoded(content, source, budget, deep)
        case Called(callable=Global() as called, arguments=(content, *others)) if deep:
            decode = _decoders().get(str(called))
            inner = decoded(content, source, budget, deep - 1) if decode else None
            if decode and inner is not None:
                codec = next((item for item in others if isinstance(item, str)), "")
                found = _attempt(partial(decode, inner, codec), budget)
    return found


def carried(value: str | bytes | Long, source: Source, budget: Budget) -> bytes | None:
    """What a constant is, if its text is base64 or hexadecimal digits: the bytes behind them. Raises `OutOfBudget`."""
    data = decoded(value, source, budget)
    if data is None:
        return None
    if data[:2] == b"\xc2\x80":
        return _attempt(lambda: data.decode("utf-8").encode("latin-1"), budget)
    if data[:2] == b"gA":
        return _attempt(lambda: base64.b64decode(data), budget)
    if data[:2] == b"80":
        return _attempt(lambda: binascii.unhexlify(data.strip()), budget)
    return data


def seems_loadable(data: bytes) -> bool:
    """Whether it is a pickle, too much of one for chance, or begins as a zip does."""
    if data[:4] in _ARCHIVES:
        return _END_OF_ARCHIVE in data
    source = BytesSource(data)
    return is_pickle(source, data[:4096], opaque=True) if data[:2] in _PICKLED else imports_something(source)


def _attempt(decode: Callable[[], bytes], budget: Budget) -> bytes | None:
    try:
        found = decode()
    except (ValueError, EOFError, OSError, zlib.error, lzma.LZMAError):
        return None
    budget.spend_unpacked(len(found))
    return found


@cache
def _decoders() -> Mapping[str, Callable[[bytes, str], bytes]]:
    decoders: dict[str, Callable[[bytes, str], bytes]] = {
        "base64.b64decode": lambda data, _: base64.b64decode(data),
        "base64.urlsafe_b64decode": lambda data, _: base64.urlsafe_b64decode(data),
        "base64.b32decode": lambda data, _: base64.b32decode(data),
        "base64.b16decode": lambda data, _: base64.b16decode(data, casefold=True),
        "base64.b85decode": lambda data, _: base64.b85decode(data),
        "base64.a85decode": lambda data, _: base64.a85decode(data),
        "binascii.unhexlify": lambda data, _: binascii.unhexlify(data),
        "binascii.a2b_base64": lambda data, _: binascii.a2b_base64(data),
        "zlib.decompress": lambda data, _: _inflate(zlib.decompressobj(), data),
        "gzip.decompress": lambda data, _: _inflate(zlib.decompressobj(31), data),
        "bz2.decompress": lambda data, _: bz2.BZ2Decompressor().decompress(data, _MOST),
        "lzma.decompress": lambda data, _: lzma.LZMADecompressor().decompress(data, _MOST),
        "_codecs.encode": _encoded,
        "codecs.encode": _encoded,
        "_codecs.decode": _codec_decoded,
        "codecs.decode": _codec_decoded,
    }
    for name in ("base64.decodebytes", "base64.standard_b64decode"):
        decoders[name] = decoders["base64.b64decode"]
    for name in ("binascii.a2b_hex", "builtins.bytes.fromhex", "builtins.bytearray.fromhex"):
        decoders[name] = decoders["binascii.unhexlify"]
    for name in ("io.BytesIO", "_io.BytesIO", "builtins.bytes", "builtins.bytearray", "builtins.memoryview"):
        decoders[name] = lambda data, _: data
    return decoders


_MOST = 16 << 20
"""Bytes that a compressed constant may become."""


def _inflate(stream: "zlib._Decompress", data: bytes) -> bytes:
    return stream.decompress(data, _MOST)


def _encoded(data: bytes, codec: str) -> bytes:
    text = data.decode("utf-8", "surrogatepass")
    return text.encode("latin-1") if codec.replace("-", "").lower() in ("latin1", "iso88591") else _codec(text, codec)


def _codec(text: str, codec: str) -> bytes:
    return codec_rot13(text) if codec.replace("_", "").replace("-", "").lower() == "rot13" else text.encode("utf-8")


def codec_rot13(text: str) -> bytes:
    """The text with its letters moved by 13."""
    table = {ord(a) + i: ord(a) + (i + 13) % 26 for a in "aA" for i in range(26)}
    return text.translate(table).encode("utf-8")


def _codec_decoded(data: bytes, codec: str) -> bytes:
    match codec.lower().replace("-", "_").removesuffix("_codec"):
        case "base64":
            return base64.b64decode(data)
        case "hex":
            return binascii.unhexlify(data)
        case "zip" | "zlib":
            return _inflate(zlib.decompressobj(), data)
        case "bz2":
            return bz2.BZ2Decompressor().decompress(data, _MOST)
        case "rot13" | "rot_13":
            return codec_rot13(data.decode("latin-1"))
    return data
