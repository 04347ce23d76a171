"""Does a template reach for Python behind it? Attributes, filters, functions, includes and loops without end."""

from collections.abc import Iterator

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from entrepot.domain.report import Finding, Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.jinja.folding import Folding
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

MAX_TEMPLATE = 2 << 20
"""Characters; the longest honest chat templates have 30,000."""
MAX_RANGE = 1_000_000
"""Rounds of a loop over constants."""
_DUNDER = Pattern(r"__\w+__|__(?:class|globals|builtins|import|mro|bases?|subclasses|init|dict|getattribute)")
_INTERNAL = frozenset(
    "mro func_globals func_code im_func im_self gi_frame gi_code cr_frame cr_code ag_frame f_globals f_builtins "
    "f_locals tb_frame tb_next co_code popen getsubclasses _TemplateReference__context import_string".split()
)
_HELPERS = frozenset(
    ("self", "cycler", "joiner", "lipsum", "request", "config", "url_for", "get_flashed_messages", "context", "g")
)
_FORMAT_FIELD = Pattern(r"\{[^{}]*[.\[][^{}]*_")
_TAKES_ATTRIBUTE = frozenset(
    ("map", "selectattr", "rejectattr", "sort", "groupby", "unique", "min", "max", "sum", "join")
)


class _Generation(Extension):
    """The tag `generation`, which trainers add around what a model has said."""

    tags = {"generation"}  # noqa: RUF012 - as the library declares it

    def parse(self, parser: Parser) -> nodes.Node:
        """The body of the tag."""
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


def judged(text: str, budget: Budget) -> Iterator[Finding]:
    """Findings of the family `jinja`. Raises `Unreadable` where the template does not parse."""
    template = _parsed(text)
    folding = Folding(template)
    for node in _walk(template, budget):
        for rule, message, evidence in _node(node, folding):
            yield found(rule, message, evidence=evidence or _line(text, node.lineno), at=Location(line=node.lineno))


def _parsed(text: str) -> nodes.Template:
    if len(text) > MAX_TEMPLATE:
        raise Unreadable(f"a template of more than {MAX_TEMPLATE} characters")
    environment = Environment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do", _Generation])  # noqa: S701
    try:
        return environment.parse(text)
    except TemplateError as error:
        raise Unreadable(f"not a template: {error.message}, line {getattr(error, 'lineno', '?')}") from None
    except (RecursionError, MemoryError, ValueError):
        raise Unreadable("a template that is nested too deep") from None


def _walk(template: nodes.Template, budget: Budget) -> Iterator[nodes.Node]:
    waiting: list[nodes.Node] = [template]
    while waiting:
        node = waiting.pop()
        budget.spend_values()
        yield node
        waiting += node.iter_child_nodes()


_Said = Iterator[tuple[str, str, str]]


def _node(node: nodes.Node, folding: Folding) -> _Said:
    match node:
        case nodes.Getattr(node=inner, attr=name):
            yield from _attribute(name, inner)
        case nodes.Getitem(node=inner, arg=index):
            if (key := folding.text(index)) is not None:
                yield from _attribute(key, inner)
        case nodes.Filter(name=name):
            yield from _filter(node, name, folding)
        case nodes.Const(value=str() as text):
            yield from _text(text)
        case nodes.Add() | nodes.Concat() | nodes.Mod():
            yield from _text(folding.text(node) or "")
        case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
            file = folding.text(node.template) or "a name that is computed"
            yield "jinja.include", f"reads another file: {file}", ""
        case nodes.Call():
            yield from _call(node, folding)
        case nodes.Mul(left=left, right=right):
            if any(isinstance(size := folding.fold(side), int) and size > MAX_RANGE for side in (left, right)):
                yield "jinja.bomb", "repeats something more often than any text is long", ""


def _attribute(name: str, of: nodes.Node) -> _Said:
    if name.startswith("__") or _DUNDER.search(name):
        yield "jinja.internals", f"reaches for {name}, a door from data to Python", ""
    elif name in _INTERNAL or (
        isinstance(of, nodes.Name) and of.name in _HELPERS and of.name in ("self", "lipsum", "cycler", "joiner")
    ):
        yield "jinja.internals", f"reaches for {name}, which is not data", ""


def _filter(node: nodes.Filter, name: str, folding: Folding) -> _Said:
    given = [*node.args, *(keyword.value for keyword in node.kwargs if keyword.key in ("attribute", "filter"))]
    if name == "attr" or (name == "map" and node.args and folding.text(node.args[0]) == "attr"):
        asked = folding.text(node.args[-1]) if node.args else None
        if asked is None or asked.startswith("_") or asked in _INTERNAL:
            yield "jinja.internals", f"reaches for {asked or 'an attribute whose name is computed'}", ""
        else:
            yield "jinja.attribute-filter", f"reads the attribute {asked} by a filter", ""
    elif name in _TAKES_ATTRIBUTE:
        for argument in given:
            asked = folding.text(argument)
            if asked and (_DUNDER.search(asked) or _INTERNAL & set(asked.split("."))):
                yield "jinja.internals", f"reaches for {asked} by the filter {name}", ""
    yield from _text(folding.text(node) or "")


def _text(text: str) -> _Said:
    if _DUNDER.search(text) or _FORMAT_FIELD.search(text):
        yield "jinja.internals", "holds a text that names Python's internals", text


def _call(node: nodes.Call, folding: Folding) -> _Said:
    match node.node:
        case nodes.Name(name="range"):
            sizes = [folding.fold(argument) for argument in node.args]
            if any(isinstance(size, int) and abs(size) > MAX_RANGE for size in sizes):
                yield "jinja.bomb", f"a loop of {max(s for s in sizes if isinstance(s, int))} rounds", ""
        case nodes.Name(name=name) if name in ("self", "lipsum", "cycler", "joiner", "url_for", "get_flashed_messages"):
            yield "jinja.helper", f"calls {name}, which chat templates have no use for", ""
        case nodes.Getattr(attr="format" | "format_map", node=inner) if folding.text(inner) is None:
            yield "jinja.format", "formats with a pattern that is computed, which can read attributes", ""
    whole = folding.text(node)
    if whole:
        yield from _text(whole)


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1].strip()[:300] if 0 < number <= len(lines) else ""
