"""Texts that a template assembles: "__cl" ~ "ass__", ["a", "b"]|join, "%c"|format(95), names that were set."""

from collections.abc import Callable, Mapping

from jinja2 import nodes

MAX_TEXT = 1 << 14
_MAX_DEPTH = 40
_MAX_STEPS = 20_000
Value = str | int | float | bool | list["Value"] | None


class Unfoldable(Exception):
    """The expression is no constant."""


class Folding:
    """The constants of one template: what names were set to, in no order of its lines."""

    def __init__(self, template: nodes.Template) -> None:
        self._names: dict[str, Value] = {}
        for assignment in template.find_all(nodes.Assign):
            if isinstance(assignment.target, nodes.Name):
                value = self.fold(assignment.node)
                if value is not None:
                    self._names[assignment.target.name] = value

    def fold(self, node: nodes.Node | None) -> Value:
        """The constant that an expression is; None where it is none."""
        self._steps = 0
        try:
            return None if node is None else self._value(node, 0)
        except (Unfoldable, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError):
            return None

    def text(self, node: nodes.Node | None) -> str | None:
        """The text that an expression is; None where it is none."""
        value = self.fold(node)
        return value if isinstance(value, str) else None

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
                value = self._names[name]
            case nodes.List(items=items) | nodes.Tuple(items=items):
                value = [self._value(item, depth) for item in items]
            case nodes.Concat(nodes=parts) | nodes.Output(nodes=parts):
                value = _joined("", [str(self._value(part, depth)) for part in parts])
            case _:
                value = self._operated(node, depth)
        if isinstance(value, str | list) and len(value) > MAX_TEXT:
            raise Unfoldable
        return value

    def _operated(self, node: nodes.Node, depth: int) -> Value:
        match node:
            case nodes.Add(left=left, right=right):
                return self._value(left, depth) + self._value(right, depth)  # type: ignore[operator]
            case nodes.Mod(left=left, right=right):
                return _formatted(self._value(left, depth), self._value(right, depth))
            case nodes.Mul(left=left, right=right):
                return _repeated(self._value(left, depth), self._value(right, depth))
            case nodes.Filter(node=inner, name=name, args=arguments) if inner is not None:
                return _filtered(name, self._value(inner, depth), [self._value(item, depth) for item in arguments])
            case nodes.Call(node=nodes.Getattr(node=inner, attr=name), args=arguments):
                return _filtered(name, self._value(inner, depth), [self._value(item, depth) for item in arguments])
            case nodes.Getitem(node=inner, arg=nodes.Slice() as part):
                ends = (part.start, part.stop, part.step)
                start, stop, step = (None if end is None else self._value(end, depth) for end in ends)
                return self._value(inner, depth)[start:stop:step]  # type: ignore[index]
            case nodes.Getitem(node=inner, arg=index):
                return self._value(inner, depth)[self._value(index, depth)]  # type: ignore[index]
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
    if not isinstance(items, str | list) or sum(len(str(item)) + len(separator) for item in items) > MAX_TEXT:
        raise Unfoldable
    return separator.join(str(item) for item in items)


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) * len(new) > MAX_TEXT:
        raise Unfoldable
    return text.replace(old, new)


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
    "first": lambda value: value[0],
    "last": lambda value: value[-1],
    "int": int,
    "safe": lambda value: value,
    "escape": lambda value: value,
    "e": lambda value: value,
    "format": lambda value, *given: _formatted(value, list(given)),
    "split": lambda value, *by: value.split(*by),
    "swapcase": lambda value: value.swapcase(),
}
