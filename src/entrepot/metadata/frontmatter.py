"""The YAML block at the top of a card, read as JSON values within a budget.

Scalars are read as YAML 1.2 has them, as the Hub does: `no` is Norwegian, not false, and dates stay
the text that they are. No constructor of the YAML library runs.
"""

import math
import re
from dataclasses import dataclass

import yaml

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata.text import is_storable

# The largest honest blocks list thousands of configurations and stay below this.
MAX_YAML = 1 << 20
MAX_DEPTH = 32
# Values and characters after aliases are written out, so that a bomb is as large as it would become.
MAX_VALUES = 200_000
MAX_CHARACTERS = 4 << 20

_OPENS = re.compile(r"\ufeff?\s*---[ \t]*\r?\n")
_CLOSES = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,20}|0o[0-7]{1,22}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,6})?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TAG = "tag:yaml.org,2002:"
# libyaml where it was built in: thirty times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadYaml(Invalid):
    """The block is no YAML, or no YAML that a card may have; `line` counts from 1 in the whole text."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"{message} (line {line})")
        self.line = line


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A card's YAML block and how many lines stand above it."""

    yaml: str
    lines_above: int


def front_matter(text: str) -> FrontMatter | None:
    """The block between two lines of three dashes at the top, if there is one. Raises `TooLarge`."""
    opens = _OPENS.match(text)
    closes = _CLOSES.search(text, opens.end()) if opens else None
    if not opens or not closes:
        return None
    if closes.start() - opens.end() > MAX_YAML:
        raise TooLarge(f"the card's YAML is longer than {MAX_YAML} characters")
    return FrontMatter(text[opens.end() : closes.start()], text.count("\n", 0, opens.end()))


def read_yaml(block: FrontMatter) -> object:
    """The block's value, as JSON would have it. Raises `BadYaml`."""
    builder = _Builder(block.lines_above + 1)
    text = block.yaml.encode("utf-8", "replace").decode()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = builder.first_line + mark.line if mark else None
        raise BadYaml(f"not valid YAML: {error.problem or error.context}", line) from None
    except yaml.YAMLError as error:
        raise BadYaml(f"not valid YAML: {str(error).partition(chr(10))[0]}") from None
    return builder.result


@dataclass(slots=True)
class _Open:
    """A list or mapping that has begun."""

    container: list[object] | dict[str, object]
    anchor: str | None
    values_before: int
    characters_before: int
    key: str | None = None


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: object
    values: int
    characters: int


class _Builder:
    """Makes a value of the YAML library's events."""

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self.result: object = None
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._values = 0
        self._characters = 0
        self._line = first_line

    def take(self, event: yaml.Event) -> None:
        self._line = self.first_line + (event.start_mark.line if event.start_mark else 0)
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._bad("more than one YAML document")
            case yaml.AliasEvent():
                self._take_alias(event.anchor or "")
            case yaml.ScalarEvent():
                self._take_scalar(event)
            case yaml.SequenceStartEvent():
                self._begin(event, [])
            case yaml.MappingStartEvent():
                self._begin(event, {})
            case yaml.CollectionEndEvent():
                self._end()
            case _:
                pass

    def _bad(self, message: str) -> BadYaml:
        return BadYaml(message, self._line)

    def _spend(self, values: int, characters: int) -> None:
        self._values += values
        self._characters += characters
        if self._values > MAX_VALUES or self._characters > MAX_CHARACTERS:
            raise self._bad("the YAML has too many values, or becomes too large when its aliases are written out")

    def _take_alias(self, name: str) -> None:
        anchored = self._anchors.get(name)
        if anchored is None:
            raise self._bad(f"the alias *{name[:80]} names nothing that stands above it")
        self._spend(anchored.values, anchored.characters)
        self._add(anchored.value)

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        self._spend(1, len(event.value))
        if not is_storable(event.value):
            raise self._bad("the YAML has a zero character or half a character in it")
        is_key = bool(self._open) and isinstance(self._open[-1].container, dict) and self._open[-1].key is None
        value = event.value if is_key else self._scalar(event)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, 1, len(event.value))
        self._add(value)

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        plain = event.implicit[0]
        if event.tag not in (None, "!"):
            self._check_tag(event.tag, ("str", "int", "float", "bool", "null"))
            plain = event.tag != _TAG + "str"
        if not plain:
            return event.value
        if _NOT_A_NUMBER.fullmatch(event.value):
            raise self._bad(f"{event.value} is no number that JSON has")
        return _plain(event.value)

    def _check_tag(self, tag: str, allowed: tuple[str, ...]) -> None:
        if tag.removeprefix(_TAG) not in allowed or not tag.startswith(_TAG):
            raise self._bad(f"the tag {tag[:80]!r} has no place in a card")

    def _begin(self, event: yaml.CollectionStartEvent, container: list[object] | dict[str, object]) -> None:
        if event.tag not in (None, "!"):
            self._check_tag(event.tag, ("seq",) if isinstance(container, list) else ("map",))
        if len(self._open) >= MAX_DEPTH:
            raise self._bad(f"the YAML is nested more than {MAX_DEPTH} deep")
        self._spend(1, 0)
        self._open.append(_Open(container, event.anchor, self._values - 1, self._characters))

    def _end(self) -> None:
        done = self._open.pop()
        if done.anchor:
            cost = (self._values - done.values_before, self._characters - done.characters_before)
            self._anchors[done.anchor] = _Anchored(done.container, *cost)
        self._add(done.container)

    def _add(self, value: object) -> None:
        if not self._open:
            self.result = value
            return
        parent = self._open[-1]
        if isinstance(parent.container, list):
            parent.container.append(value)
        elif parent.key is not None:
            parent.container[parent.key] = value
            parent.key = None
        elif not isinstance(value, str):
            raise self._bad("a key must be a text")
        elif value in parent.container:
            raise self._bad(f"the key {value[:80]!r} stands twice")
        else:
            parent.key = value


def _plain(text: str) -> object:
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        number = int(text, 0 if text[:2] in ("0o", "0x") else 10)
        return number if abs(number) < 1 << 63 else text
    if _FLOAT.fullmatch(text):
        number_or_more = float(text)
        return number_or_more if math.isfinite(number_or_more) else text
    return text
