"""R's serialized objects, written by hand in its XDR encoding (serialize.c)."""

import struct

NULL = struct.pack(">i", 254)
UNBOUND = struct.pack(">i", 252)
GLOBAL = struct.pack(">i", 253)


def number(value: int) -> bytes:
    """A number as the format has it."""
    return struct.pack(">i", value)


def chars(text: str) -> bytes:
    """One text."""
    raw = text.encode()
    return number(9 | 1 << 18) + number(len(raw)) + raw


def symbol(name: str) -> bytes:
    """A name."""
    return number(1) + chars(name)


def texts(*values: str) -> bytes:
    """A vector of texts."""
    return number(16) + number(len(values)) + b"".join(map(chars, values))


def reals(*values: float) -> bytes:
    """A vector of numbers."""
    return number(14) + number(len(values)) + struct.pack(f">{len(values)}d", *values)


def pairs(*values: bytes, tags: tuple[str, ...] = (), kind: int = 2) -> bytes:
    """A pairlist; with kind 6, a call."""
    out = b""
    for place, value in enumerate(values):
        tag = tags[place] if place < len(tags) else ""
        flags = (kind if place == 0 else 2) | (1 << 10 if tag else 0)
        out += number(flags) + (symbol(tag) if tag else b"") + value
    return out + NULL


def call(name: str | bytes, *arguments: bytes, tags: tuple[str, ...] = ()) -> bytes:
    """A call."""
    callee = symbol(name) if isinstance(name, str) else name
    return pairs(callee, *arguments, tags=("", *tags), kind=6)


def vector(*values: bytes, kind: int = 19, names: tuple[str, ...] = ()) -> bytes:
    """A list; with kind 20, an expression."""
    out = number(kind | (1 << 9 if names else 0)) + number(len(values)) + b"".join(values)
    return out + (pairs(texts(*names), tags=("names",)) if names else b"")


def promise(code: bytes, value: bytes = UNBOUND, environment: bytes = GLOBAL) -> bytes:
    """A promise."""
    return number(5 | 1 << 10) + environment + value + code


def closure(body: bytes, formals: bytes = NULL, environment: bytes = GLOBAL) -> bytes:
    """A function."""
    return number(3 | 1 << 10) + environment + formals + body


def environment(frame: bytes) -> bytes:
    """An environment with that frame."""
    return number(4) + number(0) + GLOBAL + frame + NULL + NULL


def bytecode(*constants: bytes) -> bytes:
    """Byte code with these constants, each behind its type."""
    code = number(13) + number(2) + number(12) + number(1)
    return number(21) + number(0) + code + number(len(constants)) + b"".join(constants)


def rds(item: bytes, version: int = 3) -> bytes:
    """The file that saveRDS writes, not compressed."""
    head = b"X\n" + number(version) + number(0x040202) + number(0x030500 if version == 3 else 0x020300)
    return head + (number(5) + b"UTF-8" if version == 3 else b"") + item


def workspace(**variables: bytes) -> bytes:
    """The file that save writes, not compressed."""
    return b"RDX3\n" + rds(pairs(*variables.values(), tags=tuple(variables)))
