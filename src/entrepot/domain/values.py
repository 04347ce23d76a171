"""Dataclasses with slots for what every start of the scanner makes, at a fraction of the standard library's cost.

`dataclasses` loads `inspect`, and compiles up to eight methods for each class: thirty classes take a third of the
time in which a small model is scanned. Here a class is made without compiling anything, and `__init__` when the first
instance is. To the type checker, and to `dataclasses.replace`, `fields` and `asdict`, they are dataclasses; that nobody
assigns to a frozen one is seen to by the type checker alone.
"""

from typing import TYPE_CHECKING

__all__ = ["dataclass", "field", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from operator import attrgetter

    _NONE = object()

    class _Field:
        """What `field` says of one."""

        __slots__ = ("compare", "default", "default_factory")

        def __init__(self, default=_NONE, default_factory=None, compare=True) -> None:
            self.default = default
            self.default_factory = default_factory
            self.compare = compare

    field = _Field

    def dataclass(*, frozen=False, slots):
        """As the standard library's, with the arguments that are used here; `slots` is always true."""
        return lambda kind: _made(kind, frozen)

    def replace(one, **changes):
        """As `dataclasses.replace`."""
        return type(one)(**({name: getattr(one, name) for name in one.__match_args__} | changes))

    def _made(kind, frozen):
        inherited = {}
        for base in reversed(kind.__mro__[1:]):
            inherited |= base.__dict__.get("_fields_of", {})
        own = {name: _field(kind.__dict__.get(name, _NONE)) for name in kind.__annotations__}
        fields = inherited | own
        left_out = {*own, "__dict__", "__weakref__"}
        body = {name: value for name, value in kind.__dict__.items() if name not in left_out}
        names = tuple(fields)
        slots = tuple(name for name in own if name not in inherited)
        given = {"__slots__": slots, "__match_args__": names, "__qualname__": kind.__qualname__, "_fields_of": fields}
        compared = attrgetter(*(name for name in names if fields[name].compare))
        methods = {"__init__": _init, "__repr__": _repr, "__eq__": _eq, "__hash__": _hash if frozen else None}
        given |= {"_compared": compared, "__dataclass_fields__": _StandardFields()}
        return type(kind)(kind.__name__, kind.__bases__, methods | body | given)

    def _field(default):
        return default if isinstance(default, _Field) else _Field(default)

    def _init(self, *given, **named):
        kind = type(self)
        kind.__init__ = _compiled(kind)
        kind.__init__(self, *given, **named)

    def _compiled(kind):
        """The `__init__` that assigns one argument after another; an argument that was not given is its default."""
        space, parameters, lines = {"_NONE": _NONE}, [], []
        for name, known in kind._fields_of.items():
            space[f"_{name}"] = known.default_factory or known.default
            is_needed = known.default is _NONE and not known.default_factory
            default = "" if is_needed else "=_NONE" if known.default_factory else f"=_{name}"
            parameters.append(f"{name}{default}")
            value = f"_{name}() if {name} is _NONE else {name}" if known.default_factory else name
            lines.append(f"self.{name} = {value}")
        lines += ["self.__post_init__()"] if hasattr(kind, "__post_init__") else []
        exec(f"def __init__(self, {', '.join(parameters)}):\n  " + "\n  ".join(lines), space)  # noqa: S102 - our names
        return space["__init__"]

    def _repr(self):
        return (
            f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__match_args__)})"
        )

    def _eq(self, other):
        return self._compared(self) == self._compared(other) if type(other) is type(self) else NotImplemented

    def _hash(self):
        return hash(self._compared(self))

    class _StandardFields:
        """What the standard library looks for, made when it does."""

        def __get__(self, one, kind):
            import dataclasses

            made = []
            for name, known in kind._fields_of.items():
                said = {"default": known.default} if known.default is not _NONE else {}
                said |= {"default_factory": known.default_factory} if known.default_factory else {}
                made.append((name, object, dataclasses.field(compare=known.compare, **said)))
            return dataclasses.make_dataclass(kind.__name__, made).__dataclass_fields__
