"""Constants that source code assembles: "o" + "s", bytes.fromhex(…), "".join(…), [::-1], base64, chr, format."""

import ast
import base64
import binascii
import codecs
import zlib
from collections.abc import Callable, Mapping

from entrepot.scan.pattern import Pattern

MAX_TEXT = 1 << 16
"""Characters of an assembled constant; longer ones are shown by their beginning and folded no further."""
_MAX_DEPTH = 40
_MAX_STEPS = 50_000
# A width in a format makes megabytes of one character.
_WIDE = Pattern(r"%[-+ #0]*[\d*.]")
_PLAIN_FORMAT = Pattern(r"(?:[^{}]|\{\w{0,20}\}|\{\{|\}\})*")
Value = str | bytes | int | float | bool | list["Value"] | None
Names = Mapping[str, "Value"]


class Unfoldable(Exception):
    """The expression is no constant."""


def fold(node: ast.AST, names: Names) -> Value:
    """The constant that an expression is. Raises `Unfoldable`."""
    try:
        return _Folding(names).value(node, 0)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, zlib.error, MemoryError):
        raise Unfoldable from None


def folded_text(node: ast.AST | None, names: Names) -> str | None:
    """The text that an expression is, bytes as Latin-1; None where it is none."""
    if node is None:
        return None
    try:
        value = fold(node, names)
    except Unfoldable:
        return None
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else None


class _Folding:
    """One expression; counts its steps, since comprehensions multiply."""

    def __init__(self, names: Names) -> None:
        self.names = dict(names)
        self.steps = 0

    def value(self, node: ast.AST, depth: int) -> Value:
        self.steps += 1
        if depth > _MAX_DEPTH or self.steps > _MAX_STEPS:
            raise Unfoldable
        match node:
            case ast.Constant(value=str() | bytes() | int() | float() | bool() | None as value):
                return value
            case ast.Name(id=name) if name in self.names:
                return self.names[name]
        return self._assembled(node, depth + 1)

    def _assembled(self, node: ast.AST, depth: int) -> Value:
        value: Value
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                value = [self.value(item, depth) for item in items]
            case ast.BinOp(left=left, op=op, right=right):
                value = _operate(op, self.value(left, depth), self.value(right, depth))
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                value = self.value(inner, depth)
                if not isinstance(value, int | float):
                    raise Unfoldable
                value = -value
            case ast.JoinedStr(values=parts):
                value = _joined("", [str(self.value(part, depth)) for part in parts])
            case ast.FormattedValue(value=inner):
                value = self.value(inner, depth)
            case ast.Subscript(value=inner, slice=index):
                value = self._subscript(self.value(inner, depth), index, depth)
            case ast.ListComp() | ast.GeneratorExp():
                value = self._comprehend(node, depth)
            case ast.Call(func=function, args=arguments, keywords=[]):
                value = self._call(function, [self.value(item, depth) for item in arguments], depth)
            case _:
                raise Unfoldable
        return _bounded(value)

    def _subscript(self, value: Value, index: ast.expr, depth: int) -> Value:
        if not isinstance(value, str | bytes | list):
            raise Unfoldable
        if isinstance(index, ast.Slice):
            ends = (index.lower, index.upper, index.step)
            start, stop, step = (None if end is None else self.value(end, depth) for end in ends)
            return value[start:stop:step]  # type: ignore[index]
        at = self.value(index, depth)
        if not isinstance(at, int):
            raise Unfoldable
        return value[at]

    def _comprehend(self, node: ast.ListComp | ast.GeneratorExp, depth: int) -> Value:
        match node.generators:
            case [ast.comprehension(target=ast.Name(id=name), iter=over, ifs=[])]:
                items = self.value(over, depth)
                if not isinstance(items, str | bytes | list):
                    raise Unfoldable
                made: list[Value] = []
                before = self.names.copy()
                for item in items:
                    self.names[name] = item
                    made.append(self.value(node.elt, depth))
                self.names = before
                return made
        raise Unfoldable

    def _call(self, function: ast.expr, arguments: list[Value], depth: int) -> Value:
        if isinstance(function, ast.Attribute):
            name = function.attr
            if name in _PATH_CALLS and (name != "join" or _is_path_module(function.value)):
                return _PATH_CALLS[name](*arguments)
            if name in _MODULE_CALLS and isinstance(function.value, ast.Name) and function.value.id not in self.names:
                return _MODULE_CALLS[name](*arguments)
            return _method(self.value(function.value, depth), name, arguments)
        if isinstance(function, ast.Name) and function.id in _CALLS:
            return _CALLS[function.id](*arguments)
        raise Unfoldable


def _is_path_module(node: ast.expr) -> bool:
    """Whether join is that of os.path, and not that of a text."""
    return getattr(node, "attr", getattr(node, "id", "")) in ("path", "posixpath", "osp", "ntpath")


def rough_text(node: ast.AST | None, names: Names, depth: int = 0) -> str:
    """The text that an expression is, as far as it is a constant, with … for the rest."""
    if node is None or depth > _MAX_DEPTH:
        return "…"
    known = folded_text(node, names)
    if known is not None:
        return known
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return rough_text(left, names, depth + 1) + rough_text(right, names, depth + 1)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"{rough_text(left, names, depth + 1)}/{rough_text(right, names, depth + 1)}"
        case ast.BinOp(left=left, op=ast.Mod()):
            return rough_text(left, names, depth + 1)
        case ast.JoinedStr(values=parts):
            return "".join(rough_text(part, names, depth + 1) for part in parts)
        case ast.FormattedValue(value=inner):
            return rough_text(inner, names, depth + 1)
        case ast.Call(func=ast.Attribute(value=inner, attr="format")):
            return rough_text(inner, names, depth + 1)
        case ast.Call(func=ast.Attribute(attr="join"), args=parts):
            return "/".join(rough_text(part, names, depth + 1) for part in parts)
        case ast.Call(func=ast.Attribute(attr="split" | "strip" | "expanduser" | "resolve", value=inner), args=given):
            rough = rough_text(inner, names, depth + 1)
            return rough if rough.strip("…") or not given else rough_text(given[0], names, depth + 1)
        case ast.Call(func=ast.Name(id="str") | ast.Attribute(attr="fspath" | "quote"), args=[inner, *_]):
            return rough_text(inner, names, depth + 1)
    return "…"


def _operate(op: ast.operator, left: Value, right: Value) -> Value:
    match op, left, right:
        case ast.Div(), str(), str():
            return f"{left}/{right}"
        case (ast.Add(), str(), str()) | (ast.Add(), bytes(), bytes()) | (ast.Add(), list(), list()):
            return left + right  # type: ignore[operator]
        case ast.Mult(), (str() | bytes()), int() if right >= 0 and len(left) * right <= MAX_TEXT:
            return left * right
        case ast.Mod(), str(), _ if not _WIDE.search(left):
            return left % (tuple(right) if isinstance(right, list) else right)
        case ast.Add(), int(), int():
            return left + right
        case ast.Sub(), int(), int():
            return left - right
        case ast.BitXor(), int(), int():
            return left ^ right
    raise Unfoldable


def _method(value: Value, name: str, arguments: list[Value]) -> Value:
    if not isinstance(value, str | bytes):
        raise Unfoldable
    if name == "join":
        return _joined(value, arguments[0])
    if name == "replace":
        old, new, *_ = arguments
        if value.count(old) * len(new) > MAX_TEXT:  # type: ignore[arg-type]
            raise Unfoldable
    if name == "format" and not _PLAIN_FORMAT.fullmatch(value):  # type: ignore[arg-type]
        raise Unfoldable
    if name not in _METHODS or (name in ("decode", "encode") and not {_plain(a) for a in arguments[:1]} <= _ENCODINGS):  # type: ignore[arg-type]
        raise Unfoldable
    return getattr(value, name)(*arguments)  # type: ignore[no-any-return]


def _joined(separator: str | bytes, items: Value) -> Value:
    if not isinstance(items, str | list):
        raise Unfoldable
    if sum(map(len, items)) + len(separator) * len(items) > MAX_TEXT:  # type: ignore[arg-type]
        raise Unfoldable
    return separator.join(items)  # type: ignore[arg-type]


def _bounded(value: Value) -> Value:
    if isinstance(value, str | bytes | list) and len(value) > MAX_TEXT:
        raise Unfoldable
    return value


def _inflate(data: bytes, *_: object) -> bytes:
    return zlib.decompressobj().decompress(data, MAX_TEXT)


def _b64(text: str | bytes) -> bytes:
    return base64.b64decode(text[: MAX_TEXT * 2])


def _reversed(value: str | list[Value]) -> Value:
    return value[::-1]


def _path_joined(*parts: Value) -> Value:
    return "/".join(part for part in parts if isinstance(part, str))


_PATH_CALLS: Mapping[str, Callable[..., Value]] = {
    "expanduser": lambda path="": path,
    "expandvars": lambda path: path,
    "join": _path_joined,
    "home": lambda: "~",
    "Path": _path_joined,
}
_METHODS = frozenset("decode encode replace lower upper strip lstrip rstrip split format title swapcase hex".split())
# The others take long (punycode) or make much of little (bz2).
_ENCODINGS = frozenset("utf8 latin1 ascii utf16 utf16le utf16be unicodeescape rawunicodeescape cp1252".split())
_CALLS: Mapping[str, Callable[..., Value]] = {
    "chr": chr,
    "ord": ord,
    "str": lambda value, *encoding: value.decode(*encoding) if isinstance(value, bytes) and encoding else str(value),
    "bytes": lambda value, *rest: bytes(value) if isinstance(value, list) else value.encode(*rest),
    "bytearray": lambda value: bytes(value) if isinstance(value, list) else value,
    "int": int,
    "list": list,
    "Path": _path_joined,
    "PosixPath": _path_joined,
    "expanduser": lambda path: path,
    "tuple": list,
    "reversed": _reversed,
    "b64decode": _b64,
    "unhexlify": binascii.unhexlify,
    "decompress": _inflate,
}
_MODULE_CALLS: Mapping[str, Callable[..., Value]] = {
    "b64decode": _b64,
    "urlsafe_b64decode": lambda value: base64.urlsafe_b64decode(value[: MAX_TEXT * 2]),
    "b32decode": lambda value: base64.b32decode(value[: MAX_TEXT * 2]),
    "b16decode": lambda value: base64.b16decode(value[: MAX_TEXT * 2]),
    "b85decode": lambda value: base64.b85decode(value[: MAX_TEXT * 2]),
    "a85decode": lambda value: base64.a85decode(value[: MAX_TEXT * 2]),
    "unhexlify": binascii.unhexlify,
    "fromhex": bytes.fromhex,
    "decompress": _inflate,
    "decode": lambda value, how="utf-8", *_: _decode(value, how),
}


def _decode(value: str | bytes, how: str) -> Value:
    # Of the codecs, those that only rearrange: no compression, whose output is not bounded.
    if _plain(how) in _ENCODINGS or _plain(how) in ("rot13", "hex", "base64", "hexcodec", "base64codec"):
        return codecs.decode(value, how)  # type: ignore[arg-type]
    raise Unfoldable


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()
