"""What is declared in fields and comments: cards, configurations, package metadata, SPDX lines."""

import re
from collections.abc import Iterator, Mapping

from entrepot.domain.licensing import Declaration, Standing, Where
from entrepot.licenses.expressions import Expression, read
from entrepot.licenses.names import linked, slug

MAX_SHOWN = 200
MAX_DECLARATIONS = 16
MAX_HEADER = 64 << 10

_NOTHING_SAID = frozenset(("", "unknown", "none", "null", "n/a", "na", "tbd", "todo", "-", "?", "unlicensed?"))
_OTHER = "other"
# Behind marks of comments only: a program that writes or checks such lines declares nothing by them.
_SPDX_LINE = re.compile(r"(?m)^[^\w\"'\r\n]{0,40}SPDX-License-Identifier:[ \t]*([^\r\n]{1,600})")
_COMMENT_END = re.compile(r"[ \t]*(?:\*/|-->|#\}|%>|\"\"\"|''')?[ \t\"'`,;]*$")
_CONFIG_FIELDS = ("license", "license_expression", "License-Expression", "License", "licenses", "general.license")
_CONFIG_NAMES = ("license_name", "general.license.name")
_CONFIG_LINKS = ("license_link", "license_url", "general.license.link")
_CARD_NAMES = ("license_name", "license_details")


def of_card(data: Mapping[str, object], place: str = "README.md") -> tuple[Declaration, ...]:
    """What a card's metadata declares: `license`, and `license_name` and `license_link` where that says "other"."""
    fields = _Fields(Where.CARD, place, _first(data, _CARD_NAMES), _first(data, ("license_link",)))
    return fields.declared(data.get("license"))


def of_config(data: Mapping[str, object], place: str = "") -> tuple[Declaration, ...]:
    """What a configuration or metadata declares: GGUF's `general.license`, a package's `license` or `licenses`."""
    fields = _Fields(Where.CONFIG, place, _first(data, _CONFIG_NAMES), _first(data, _CONFIG_LINKS))
    values = [data[field] for field in _CONFIG_FIELDS if data.get(field) is not None]
    written = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return fields.declared(written or None)


def of_header(text: str, place: str) -> tuple[Declaration, ...]:
    """What `SPDX-License-Identifier:` lines near a file's top declare, each expression once."""
    found: dict[str, Declaration] = {}
    for match in _SPDX_LINE.finditer(text[:MAX_HEADER]):
        written = _COMMENT_END.sub("", match[1])
        found.setdefault(written, _declaration(Where.HEADER, place, written))
        if len(found) == MAX_DECLARATIONS:
            break
    return tuple(found.values())


class _Fields:
    """Fields of one place that belong together."""

    def __init__(self, where: Where, place: str, name: str, link: str) -> None:
        self._where = where
        self._place = place
        self._name = name
        self._link = link

    def declared(self, value: object) -> tuple[Declaration, ...]:
        """The declarations in the value of the license's field: a word, a list of words, or any junk."""
        written = list(_written(value))
        if not written:
            return (self._other(),) if self._name or self._link else ()
        found = []
        for word in written:
            is_other = word.strip().casefold() in (_OTHER, f"license:{_OTHER}")
            found.append(self._other() if is_other else _declaration(self._where, self._place, word))
        named = read(self._name) if self._name else None
        if named and not any(set(named.ids) & set(one.ids) for one in found):
            # A known license beside another: both are declared, whatever the card's author had in mind.
            found.append(self._other())
        return tuple(dict.fromkeys(found))

    def _other(self) -> Declaration:
        """A license of its own, unless its name, or where there is none its address, is one we know."""
        text = _cut(self._name or self._link or _OTHER)
        if self._name:
            named = read(self._name)
            if named and not named.unknown:
                return _known(self._where, self._place, text, named)
            return Declaration(self._where, self._place, text, (), Standing.OTHER, "", ((slug(text),),))
        license_id = linked(self._link)
        if license_id:
            meant = Expression(license_id, (license_id,), (), ((license_id,),))
            return _known(self._where, self._place, text, meant)
        return Declaration(self._where, self._place, text, (), Standing.OTHER)


def _declaration(where: Where, place: str, written: str) -> Declaration:
    text = _cut(written)
    if text.casefold() in _NOTHING_SAID:
        return Declaration(where, place, text, (), Standing.UNKNOWN)
    expression = read(written) or read(written.casefold().removeprefix("license:"))
    if expression is None:
        return Declaration(where, place, text, (), Standing.UNKNOWN, "", ((slug(text),),))
    if expression.unknown:
        ids, alternatives = expression.ids, expression.alternatives
        return Declaration(where, place, text, ids, Standing.UNKNOWN, expression.text, alternatives)
    return _known(where, place, text, expression)


def _known(where: Where, place: str, text: str, expression: Expression) -> Declaration:
    return Declaration(where, place, text, expression.ids, Standing.KNOWN, expression.text, expression.alternatives)


def _written(value: object) -> Iterator[str]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_DECLARATIONS:
        yield f"{len(values) - MAX_DECLARATIONS} more licenses"
    for one in values[:MAX_DECLARATIONS]:
        if isinstance(one, Mapping):
            # As package metadata has it: {"type": "MIT"}, {"text": "MIT"}, {"id": "MIT"}.
            inner = next((one[key] for key in ("type", "id", "text", "name") if isinstance(one.get(key), str)), "")
            yield str(inner)
        elif isinstance(one, str):
            yield one
        elif one is not None:
            yield type(one).__name__


def _first(data: Mapping[str, object], fields: tuple[str, ...]) -> str:
    values = (data.get(field) for field in fields)
    return next((value for value in values if isinstance(value, str) and value.strip()), "")


def _cut(text: str) -> str:
    return " ".join(text[: 4 * MAX_SHOWN].split())[:MAX_SHOWN]
