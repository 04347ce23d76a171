"""Texts that a template assembles: "__cl" ~ "ass__", ["a", "b"]|join, "%c"|format(95), names that were set."""

from collections.abc import Callable, Mapping, Sequence

from jinja2 import nodes

from entrepot.scan.jinja.names import MAX_CANDIDATES, bindings

MAX_TEXT = 1 << 14
_MAX_DEPTH = 40
_MAX_STEPS = 20_000
_MAX_POWER = 64
_ROUNDS = 3
"""Names that are set by names that are set by names."""
Value = str | int | float | bool | list["Value"] | dict[str, "Value"] | None


class Unfoldable(Exception):
    """The expression is no constant."""


class Folding:
    """The constants of one template: what names were set to, in no order of its lines."""

    def __init__(self, template: nodes.Template) -> None:
        self._names: dict[str, list[Value]] = {}
        self._turn = 0
        self._turns = 1
        found = bindings(template)
        for _ in range(_ROUNDS if found else 0):
            for name, node, is_loop in found:
                for value in self.values(node):
                    self._learn(name, value, is_loop)
        self._turns = max(map(len, self._names.values()), default=1)

    def _learn(self, name: str, value: Value, is_loop: bool) -> None:
        known = self._names.setdefault(name, [])
        for one in list(value)[:MAX_CANDIDATES] if is_loop and isinstance(value, list | dict) else [value]:
            if one is not None and one not in known and len(known) < MAX_CANDIDATES:
                known.append(one)
                self._turns = max(self._turns, len(known))

    def values(self, node: nodes.Node | Sequence[nodes.Node] | None) -> list[Value]:
        """The constants that an expression can be; none where it is none."""
        found: list[Value] = []
        for turn in range(self._turns if node is not None else 0):
            self._turn = turn
            if (value := self._fold(node)) is not None and value not in found:
                found.append(value)
        self._turn = 0
        return found

    def fold(self, node: nodes.Node | None) -> Value:
        """The constant that an expression is; None where it is none."""
        return None if node is None else self._fold(node)

    def _fold(self, node: nodes.Node | Sequence[nodes.Node] | None) -> Value:
        self._steps = 0
        try:
            if isinstance(node, nodes.Node):
                return self._value(node, 0)
            return _joined("", [self._value(part, 0) for part in node or ()])
        except (Unfoldable, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError):
            return None

    def text(self, node: nodes.Node | None) -> str | None:
        """The text that an expression is; None where it is none."""
        return next(iter(self.texts(node)), None)

    def texts(self, node: nodes.Node | None) -> list[str]:
        """The texts that an expression can be."""
        return [value for value in self.values(node) if isinstance(value, str)]

    def _value(self, node: nodes.Node, depth: int) -> Value:
        self._steps += 1
        if depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            raise Unfoldable
        value: Value
        depth += 1
        match node:
            case nodes.Const(value=str() | int() | float() | bool() as value):
                pass
            case nodes.TemplateData(data=value):
                pass
            case nodes.Name(name=name) if name in self._names:
                value = self._named(name)
            case nodes.Dict(items=pairs):
                value = {str(self._value(pair.key, depth)): self._value(pair.value, depth) for pair in pairs}
            case nodes.List(items=items) | nodes.Tuple(items=items):
                value = [self._value(item, depth) for item in items]
            case nodes.Concat(nodes=parts) | nodes.Output(nodes=parts):
                value = _joined("", [str(self._value(part, depth)) for part in parts])
            case _:
                value = self._operated(node, depth)
        if isinstance(value, str | list) and len(value) > MAX_TEXT:
            raise Unfoldable
        return value

    def _named(self, name: str) -> Value:
        known = self._names.get(name)
        if not known:
            raise Unfoldable
        return known[self._turn % len(known)]

    def _operated(self, node: nodes.Node, depth: int) -> Value:
        match node:
            case nodes.Add(left=left, right=right):
                return self._value(left, depth) + self._value(right, depth)  # type: ignore[operator]
            case nodes.Mod(left=left, right=right):
                return _formatted(self._value(left, depth), self._value(right, depth))
            case nodes.Mul(left=left, right=right):
                return _repeated(self._value(left, depth), self._value(right, depth))
            case nodes.Pow(left=left, right=right):
                return _powered(self._value(left, depth), self._value(right, depth))
            case nodes.Or(left=inner) | nodes.And(right=inner):
                return self._value(inner, depth)
            case nodes.CondExpr(expr1=one, expr2=other):
                return self._value(one if other is None or self._turn % 2 == 0 else other, depth)
            case nodes.Getitem(node=inner, arg=nodes.Slice() as part):
                ends = (part.start, part.stop, part.step)
                start, stop, step = (None if end is None else self._value(end, depth) for end in ends)
                return self._value(inner, depth)[start:stop:step]  # type: ignore[index]
            case nodes.Getitem(node=inner, arg=index):
                return self._value(inner, depth)[self._value(index, depth)]  # type: ignore[index]
        return self._called(node, depth)

    def _called(self, node: nodes.Node, depth: int) -> Value:
        match node:
            case nodes.Filter(node=inner, name=name, args=arguments) if inner is not None:
                return _filtered(name, self._value(inner, depth), [self._value(item, depth) for item in arguments])
            case nodes.FilterBlock(body=body, filter=nodes.Filter(name=name, args=arguments)):
                inside = _joined("", [self._value(part, depth) for part in body])
                return _filtered(name, inside, [self._value(item, depth) for item in arguments])
            case nodes.Call(node=nodes.Name(name="dict" | "namespace"), args=[], kwargs=given):
                return {one.key: self._value(one.value, depth) for one in given}
            case nodes.Call(node=nodes.Name(name="caller"), args=[]):
                return self._named("caller()")
            case nodes.Call(node=nodes.Getattr(node=inner, attr=name), args=arguments):
                return _filtered(name, self._value(inner, depth), [self._value(item, depth) for item in arguments])
            case nodes.Getattr(node=nodes.Name(name=holder), attr=name):
                return self._named(f"{holder}.{name}")
            case nodes.Getattr(node=nodes.Dict() as inner, attr=name):
                return self._value(inner, depth)[name]  # type: ignore[index,call-overload]
        raise Unfoldable


def _powered(base: Value, power: Value) -> Value:
    if isinstance(base, int) and isinstance(power, int) and 0 <= power <= _MAX_POWER and abs(base) <= 1 << 16:
        return int(base**power)
    raise Unfoldable


def _repeated(left: Value, right: Value) -> Value:
    if isinstance(left, str | list) and isinstance(right, int) and right >= 0 and len(left) * right <= MAX_TEXT:
        return left * right
    raise Unfoldable


def _formatted(form: Value, given: Value) -> Value:
    # A width makes megabytes of one character.
    if not isinstance(form, str) or any(
        char.isdigit() or char == "*" for part in form.split("%")[1:] for char in part[:1]
    ):
        raise Unfoldable
    return form % (tuple(given) if isinstance(given, list) else given)


def _joined(separator: str, items: Value) -> str:
    if isinstance(items, dict):
        items = list(items)
    if not isinstance(items, str | list) or sum(len(str(item)) + len(separator) for item in items) > MAX_TEXT:
        raise Unfoldable
    return separator.join(str(item) for item in items)


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) * len(new) > MAX_TEXT:
        raise Unfoldable
    return text.replace(old, new)


def _rows(value: Value) -> Value:
    rows: list[Value] = [list(value)] if isinstance(value, str | list | dict) else []
    return rows


def _filtered(name: str, value: Value, arguments: list[Value]) -> Value:
    if name not in _FILTERS:
        raise Unfoldable
    return _FILTERS[name](value, *arguments)


_FILTERS: Mapping[str, Callable[..., Value]] = {
    "join": lambda value, by="": _joined(value, by) if isinstance(by, list) else _joined(by, value),
    "reverse": lambda value: value[::-1],
    "replace": _replaced,
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    "string": str,
    "trim": lambda value, chars=None: value.strip(chars),
    "strip": lambda value, chars=None: value.strip(chars),
    "list": list,
    "items": lambda value: [[key, item] for key, item in value.items()],
    "dictsort": lambda value: [[key, value[key]] for key in sorted(value)],
    "keys": list,
    "values": lambda value: list(value.values()),
    "get": lambda value, key, default=None: value.get(key, default),
    "map": lambda value, at: [row[at] for row in value],
    "sort": lambda value, *_: sorted(value),
    "unique": list,
    "select": list,
    "default": lambda value, *_: value,
    "d": lambda value, *_: value,
    "min": min,
    "max": max,
    "random": lambda value: value[0],
    "batch": lambda value, *_: _rows(value),
    "length": len,
    "count": len,
    "center": lambda value, width, fill=" ": value.center(min(width, 200), fill),
    "ljust": lambda value, width, fill=" ": value.ljust(min(width, 200), fill),
    "rjust": lambda value, width, fill=" ": value.rjust(min(width, 200), fill),
    "zfill": lambda value, width: value.zfill(min(width, 200)),
    "encode": lambda value, *_: value,
    "decode": lambda value, *_: value,
    "removeprefix": lambda value, part: value.removeprefix(part),
    "removesuffix": lambda value, part: value.removesuffix(part),
    "capitalize": lambda value: value.capitalize(),
    "title": lambda value: value.title(),
    "first": lambda value: next(iter(value)),
    "last": lambda value: list(value)[-1],
    "int": int,
    "safe": lambda value: value,
    "escape": lambda value: value,
    "e": lambda value: value,
    "format": lambda value, *given: _formatted(value, list(given)),
    "split": lambda value, *by: value.split(*by),
    "swapcase": lambda value: value.swapcase(),
}
