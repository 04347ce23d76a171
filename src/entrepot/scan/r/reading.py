"""R's objects item by item (serialize.c), without making them: what calls, closures, promises and names there are.

The grammar is recursive and honest objects are deep; here it is steps on a stack of our own, so depth is only memory.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.r.encodings import NA, Encoding

MAX_DEPTH = 50_000
MAX_SHOWN = 300
MAX_PARTS = 16
"""Arguments of a call that are kept to be shown and judged."""
SYMBOL, LIST, CLOSURE, ENVIRONMENT, PROMISE, CALL = 1, 2, 3, 4, 5, 6
SPECIAL, BUILTIN, TEXT, LOGICAL, INTEGER, REAL, COMPLEX, TEXTS, DOTS = 7, 8, 9, 10, 13, 14, 15, 16, 17
VECTOR, EXPRESSION, BYTECODE, POINTER, WEAK, RAW, S4 = 19, 20, 21, 22, 23, 24, 25
REFERENCE, NOTHING, UNBOUND, NAMESPACE, PACKAGE, PERSISTENT = 255, 254, 252, 249, 248, 247
_REPEATED, _REPEAT, _CALL_ATTRIBUTES, _LIST_ATTRIBUTES, ALTERNATIVE = 244, 243, 240, 239, 238
_PLAIN = frozenset((254, 253, 252, 251, 250, 242, 241, 0))
_PAIRS = frozenset((LIST, CALL, CLOSURE, PROMISE, DOTS))
_CODE = frozenset((LIST, CALL, _REPEATED, _REPEAT, _CALL_ATTRIBUTES, _LIST_ATTRIBUTES))
_WIDTHS = {LOGICAL: 4, INTEGER: 4, REAL: 8, COMPLEX: 16, RAW: 1}


@dataclass(frozen=True, slots=True)
class Thing:
    """What was read: its type, how R would write it, and the parts of a call or list."""

    kind: int
    shown: str = ""
    parts: Sequence["Thing"] = ()
    tag: str = ""


@dataclass(slots=True)
class Inside:
    """What surrounds an item."""

    closure: bool = False
    environment: bool = False
    bytecode: bool = False
    top: bool = False


class Listener(Protocol):
    """Is told of what may run."""

    def call(self, call: Thing, inside: Inside, at: int) -> None:
        """A call: its first part is what is called."""

    def promise(self, value: Thing, code: Thing, inside: Inside, at: int) -> None:
        """A promise; its value is `UNBOUND` where it was not kept."""

    def closure(self, name: str, inside: Inside, at: int) -> None:
        """A function, under a name."""

    def alternative(self, info: Thing, state: Thing, at: int) -> None:
        """An object of an alternative representation."""


Step = Generator["Step", Thing, Thing]


@dataclass(slots=True)
class Reader:
    """Reads one stream."""

    encoding: Encoding
    budget: Budget
    listener: Listener
    references: list[Thing] = field(default_factory=list)

    def read(self) -> Thing:
        """The whole object. Raises `Unreadable`."""
        self._header()
        steps: list[Step] = [self._item(Inside(top=True))]
        value: Thing | None = None
        while steps:
            try:
                child = steps[-1].send(value)  # type: ignore[arg-type]
            except StopIteration as done:
                steps.pop()
                value = done.value
                continue
            steps.append(child)
            value = None
            if len(steps) > MAX_DEPTH:
                raise Unreadable(f"objects in objects, more than {MAX_DEPTH} deep")
        assert value is not None  # noqa: S101 - the first step always ends with one
        return value

    def _header(self) -> None:
        version = self.encoding.integer()
        self.encoding.integer()
        self.encoding.integer()
        if version == 3:
            self.encoding.text(self._size(1 << 10))
        elif version != 2:
            raise Unreadable(f"a stream of version {version}")

    def _size(self, most: int = 1 << 48) -> int:
        size = self.encoding.integer()
        if size == -1:
            size = (self.encoding.integer() & 0xFFFFFFFF) << 32 | self.encoding.integer() & 0xFFFFFFFF
        if not 0 <= size <= most:
            raise Unreadable(f"a length of {size} before byte {self.encoding.at}")
        return size

    def _item(self, inside: Inside, read: int | None = None) -> Step:
        """An item; `read` are its flags where they were read already."""
        self.budget.spend_values()
        at = self.encoding.at
        flags = self.encoding.integer() & 0xFFFFFFFF if read is None else read
        kind = flags & 0xFF
        if kind in _PLAIN:
            return Thing(kind, "NULL" if kind in (0, NOTHING) else "")
        if kind == REFERENCE:
            return self._reference(flags)
        if kind == SYMBOL:
            name = yield self._item(inside)
            return self._remember(Thing(SYMBOL, name.shown.strip('"')))
        if kind in (PERSISTENT, PACKAGE, NAMESPACE):
            return (yield self._names(kind, inside))
        if kind == ENVIRONMENT:
            return (yield self._environment())
        if kind in _PAIRS:
            return (yield self._pairs(kind, flags, inside, at))
        if kind == ALTERNATIVE:
            info = yield self._item(inside)
            state = yield self._item(inside)
            yield self._item(inside)
            self.listener.alternative(info, state, at)
            return Thing(ALTERNATIVE, info.shown)
        thing = yield self._value(kind, inside)
        if flags & 1 << 9:
            yield self._item(inside)
        return thing

    def _remember(self, thing: Thing) -> Thing:
        self.references.append(thing)
        return thing

    def _reference(self, flags: int) -> Thing:
        number = flags >> 8 or self.encoding.integer()
        if not 0 < number <= len(self.references):
            raise Unreadable(f"a reference to number {number} of {len(self.references)}")
        return self.references[number - 1]

    def _names(self, kind: int, inside: Inside) -> Step:
        self.encoding.integer()
        shown = ""
        for _ in range(self._size(1 << 10)):
            name = yield self._item(inside)
            shown = shown or name.shown
        return self._remember(Thing(kind, shown))

    def _environment(self) -> Step:
        self.encoding.integer()
        thing = self._remember(Thing(ENVIRONMENT))
        for _ in range(4):  # what encloses it, frame, hash table, attributes
            yield self._item(Inside(environment=True))
        return thing

    def _pairs(self, kind: int, flags: int, inside: Inside, at: int) -> Step:
        """A list, call, closure or promise; lists go on in their last part, which is read in a loop."""
        parts: list[Thing] = []
        start, first = at, kind
        within = Inside(inside.closure or kind == CLOSURE, inside.environment, inside.bytecode)
        while True:
            if flags & 1 << 9:
                yield self._item(within)
            tag = (yield self._item(within)) if flags & 1 << 10 else Thing(NOTHING)
            head = yield self._item(within)
            if kind in (CLOSURE, PROMISE):
                code = yield self._item(within)
                if kind == PROMISE:
                    self.listener.promise(head, code, inside, at)
                return Thing(kind, f"function({head.shown}) {code.shown}"[:MAX_SHOWN], (head, code))
            if len(parts) < MAX_PARTS:
                parts.append(Thing(head.kind, head.shown, head.parts, tag.shown))
            if kind != CALL and head.kind == CLOSURE:
                self.listener.closure(tag.shown, inside, at)
            at = self.encoding.at
            flags = self.encoding.integer() & 0xFFFFFFFF
            kind = flags & 0xFF
            if kind not in (LIST, DOTS):
                break
        yield self._item(within, flags)
        return self._made(first, parts, inside, start)

    def _made(self, kind: int, parts: list[Thing], inside: Inside, at: int) -> Thing:
        if kind != CALL:
            shown = ", ".join(f"{part.tag} = {part.shown}" if part.tag else part.shown for part in parts[:4])
            return Thing(kind, shown[:MAX_SHOWN], parts)
        given = ", ".join(f"{part.tag} = {part.shown}" if part.tag else part.shown for part in parts[1:])
        call = Thing(CALL, f"{parts[0].shown}({given})"[:MAX_SHOWN], parts)
        self.listener.call(call, inside, at)
        return call

    def _value(self, kind: int, inside: Inside) -> Step:
        if kind == TEXT:
            return self._text()
        if kind in _WIDTHS:
            count = self._size()
            self.encoding.pass_values(count, _WIDTHS[kind])
            return Thing(kind, f"<{count} numbers>" if count != 1 else "<a number>")
        if kind in (TEXTS, VECTOR, EXPRESSION):
            return (yield self._vector(kind, inside))
        if kind == BYTECODE:
            self._size(1 << 30)
            return (yield self._bytecode(inside))
        if kind in (SPECIAL, BUILTIN):
            return Thing(SYMBOL, self.encoding.text(self._size(1 << 10)).decode("utf-8", "replace"))
        if kind in (POINTER, WEAK):
            self._remember(Thing(kind))
            for _ in range(2 if kind == POINTER else 0):
                yield self._item(inside)
            return Thing(kind)
        if kind == S4:
            return Thing(S4)
        raise Unreadable(f"an item of the unknown type {kind}, before byte {self.encoding.at}")

    def _text(self) -> Thing:
        size = self.encoding.integer()
        if size in (-1, NA):
            return Thing(TEXT, "NA")
        if size < 0:
            raise Unreadable(f"a text of {size} bytes")
        self.budget.check_string(size)
        return Thing(TEXT, f'"{self.encoding.text(size).decode("utf-8", "replace")[:MAX_SHOWN]}"')

    def _vector(self, kind: int, inside: Inside) -> Step:
        count = self._size()
        parts: list[Thing] = []
        within = Inside(inside.closure, inside.environment, inside.bytecode)
        for _ in range(count):
            part = yield self._item(within)
            if len(parts) < MAX_PARTS:
                parts.append(part)
        shown = parts[0].shown if count == 1 else f"c({', '.join(part.shown for part in parts[:4])})"
        return Thing(kind, shown[:MAX_SHOWN], parts)

    def _bytecode(self, inside: Inside) -> Step:
        within = Inside(inside.closure, inside.environment, bytecode=True)
        yield self._item(within)  # the instructions
        shown = ""
        for _ in range(self._size(1 << 30)):
            at = self.encoding.at
            kind = self.encoding.integer()
            if kind == BYTECODE:
                constant = yield self._bytecode(inside)
            elif kind in _CODE:
                constant = yield self._code(kind, within)
            else:
                constant = yield self._item(within)
            shown = shown or constant.shown
            if constant.kind == SYMBOL:  # what the instructions call stands among the constants as a name alone
                self.listener.call(Thing(CALL, constant.shown, (constant,)), within, at)
        return Thing(BYTECODE, shown)

    def _code(self, kind: int, inside: Inside) -> Step:
        """Calls inside of byte code, which have a grammar of their own."""
        parts: list[Thing] = []
        first, at = 0, self.encoding.at
        while True:
            if kind == _REPEAT:
                self.encoding.integer()
                break
            if kind == _REPEATED:
                self.encoding.integer()
                kind = self.encoding.integer()
            if kind not in (LIST, CALL, _CALL_ATTRIBUTES, _LIST_ATTRIBUTES):
                yield self._item(inside)
                break
            first = first or (CALL if kind in (CALL, _CALL_ATTRIBUTES) else LIST)
            if kind in (_CALL_ATTRIBUTES, _LIST_ATTRIBUTES):
                yield self._item(inside)
            tag = yield self._item(inside)
            head = self.encoding.integer()
            part = (yield self._code(head, inside)) if head in _CODE else (yield self._item(inside))
            if len(parts) < MAX_PARTS:
                parts.append(Thing(part.kind, part.shown, part.parts, tag.shown))
            kind = self.encoding.integer()
            self.budget.spend_values()
        return self._made(first, parts, inside, at) if parts else Thing(NOTHING)
