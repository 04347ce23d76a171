"""Does a template reach for Python behind it? Attributes, filters, functions, includes and loops without end."""

from collections.abc import Iterator

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from entrepot.domain.report import Finding, Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.jinja.folding import Folding
from entrepot.scan.jinja.triggers import triggers
from entrepot.scan.jinja.walking import below
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

MAX_TEMPLATE = 2 << 20
"""Characters; the longest honest chat templates have 30,000."""
MAX_POWER = 1_000
MAX_RANGE = 1_000_000
"""Rounds of a loop over constants."""
MAX_WIDTH = 100_000
"""Characters to which a text is filled up."""
_WIDE = Pattern(r"%[-+ #0]*\d{6,}|\{[^{}]*:[^{}]*\d{6,}")
_FILLS = frozenset("center ljust rjust zfill indent batch wordwrap".split())
_PYTHON = frozenset(
    "os sys subprocess eval exec open __import__ builtins __builtins__ importlib popen system compile getattr globals "
    "locals vars ctypes socket".split()
)
"""Names that a template does not have, unless somebody gives them to it."""
_DUNDER = Pattern(r"__\w+__|__(?:class|globals|builtins|import|mro|bases?|subclasses|init|dict|getattribute)")
_INTERNAL = frozenset(
    "mro func_globals func_code im_func im_self gi_frame gi_code cr_frame cr_code ag_frame f_globals f_builtins "
    "f_locals tb_frame tb_next co_code popen getsubclasses _TemplateReference__context import_string".split()
)
_EXTENSIONS = ("jinja2.ext.loopcontrols", "jinja2.ext.do", "jinja2.ext.i18n", "jinja2.ext.debug")
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
    """Findings of the family `jinja`, and of triggers. Raises `Unreadable` where the template does not parse."""
    template = parsed(text)
    folding = Folding(template)
    yield from triggers(template, budget)
    for node in below(template, budget):
        for rule, message, evidence in _node(node, folding):
            yield found(rule, message, evidence=evidence or _line(text, node.lineno), at=Location(line=node.lineno))


def parsed(text: str) -> nodes.Template:
    """The template's tree. Raises `Unreadable` where there is none."""
    if len(text) > MAX_TEMPLATE:
        raise Unreadable(f"a template of more than {MAX_TEMPLATE} characters")
    environment = Environment(extensions=[*_EXTENSIONS, _Generation])  # noqa: S701
    try:
        return environment.parse(text)
    except TemplateError as error:
        raise Unreadable(f"not a template: {error.message}, line {getattr(error, 'lineno', '?')}") from None
    except (RecursionError, MemoryError, ValueError):
        raise Unreadable("a template that is nested too deep") from None


def _is_computed(index: nodes.Node, folding: Folding) -> bool:
    """Whether an index is neither a number nor a part."""
    is_number = (
        isinstance(index, nodes.Slice | nodes.Sub | nodes.Mod | nodes.FloorDiv) or folding.fold(index) is not None
    )
    return not is_number and not (isinstance(index, nodes.Getattr) and index.attr in ("index", "index0", "i"))


def _rounds(loop: nodes.For, folding: Folding) -> "_Said":
    """Loops inside loops, whose rounds multiply."""
    rounds = 1
    inner: nodes.Node | None = loop
    while isinstance(inner, nodes.For):
        if isinstance(inner.iter, nodes.Call) and isinstance(inner.iter.node, nodes.Name) and inner.iter.args:
            size = folding.fold(inner.iter.args[-1]) if inner.iter.node.name == "range" else 1
            rounds *= size if isinstance(size, int) and size > 0 else 1
        inner = next((node for node in inner.body if isinstance(node, nodes.For)), None)
    if rounds > MAX_RANGE * 100:
        yield "jinja.bomb", f"loops of {rounds} rounds", ""


_Said = Iterator[tuple[str, str, str]]


def _node(node: nodes.Node, folding: Folding) -> _Said:
    match node:
        case nodes.Getattr(node=inner, attr=name):
            yield from _attribute(name, inner)
        case nodes.Getitem(node=inner, arg=index):
            yield from _item(inner, index, folding)
        case nodes.Filter(name=name):
            yield from _filter(node, name, folding)
        case nodes.Const(value=str() as text) | nodes.Keyword(key=text):
            yield from _text(text)
        case nodes.Add() | nodes.Concat() | nodes.Mod() | nodes.FilterBlock():
            for text in folding.texts(node):
                yield from _text(text)
        case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
            file = folding.text(node.template) or "a name that is computed"
            yield "jinja.include", f"reads another file: {file}", ""
        case nodes.Call():
            yield from _call(node, folding)
        case nodes.For() | nodes.Mul() | nodes.Pow():
            yield from _bomb(node, folding)


def _item(inner: nodes.Node, index: nodes.Node, folding: Folding) -> _Said:
    keys = folding.texts(index)
    for key in keys:
        yield from _attribute(key, inner)
    if not keys and isinstance(inner, nodes.Const | nodes.TemplateData) and _is_computed(index, folding):
        yield "jinja.internals", "reaches into a constant for something whose name is computed", ""


def _bomb(node: nodes.Node, folding: Folding) -> _Said:
    match node:
        case nodes.Mul(left=left, right=right):
            if any(isinstance(size := folding.fold(side), int) and size > MAX_RANGE for side in (left, right)):
                yield "jinja.bomb", "repeats something more often than any text is long", ""
        case nodes.Pow(right=nodes.Pow()):
            yield "jinja.bomb", "a number to the power of a power", ""
        case nodes.Pow(left=left, right=right):
            if isinstance(left, nodes.Pow) or (isinstance(power := folding.fold(right), int) and power > MAX_POWER):
                yield "jinja.bomb", "a number of more digits than anybody reads", ""
        case nodes.For():
            yield from _rounds(node, folding)


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
        could = folding.texts(node.args[-1]) if node.args else []
        asked = next((one for one in could if one.startswith("_") or one in _INTERNAL), could[0] if could else None)
        if asked is None or asked.startswith("_") or asked in _INTERNAL:
            yield "jinja.internals", f"reaches for {asked or 'an attribute whose name is computed'}", ""
        else:
            yield "jinja.attribute-filter", f"reads the attribute {asked} by a filter", ""
    elif name in _TAKES_ATTRIBUTE:
        for argument in given:
            could = folding.texts(argument)
            if not could and name != "join" and argument not in node.args:
                yield "jinja.attribute-filter", f"reads an attribute whose name is computed by the filter {name}", ""
            for asked in could:
                if _DUNDER.search(asked) or _INTERNAL & set(asked.split(".")):
                    yield "jinja.internals", f"reaches for {asked} by the filter {name}", ""
    if name in _FILLS and any(isinstance(size := folding.fold(one), int) and size > MAX_WIDTH for one in node.args):
        yield "jinja.bomb", f"the filter {name} fills up more than any text is long", ""
    for text in folding.texts(node):
        yield from _text(text)


def _text(text: str) -> _Said:
    if _WIDE.search(text):
        yield "jinja.bomb", "formats to a width of megabytes", text[:200]
    if _DUNDER.search(text) or _FORMAT_FIELD.search(text):
        yield "jinja.internals", "holds a text that names Python's internals", text


def _call(node: nodes.Call, folding: Folding) -> _Said:
    match node.node:
        case nodes.Name(name="range"):
            sizes = [folding.fold(argument) for argument in node.args]
            if any(isinstance(size, int) and abs(size) > MAX_RANGE for size in sizes):
                yield "jinja.bomb", f"a loop of {max(s for s in sizes if isinstance(s, int))} rounds", ""
        case nodes.Name(name=name) | nodes.Getattr(node=nodes.Name(name=name)) if name in _PYTHON:
            yield "jinja.internals", f"calls Python's {name}, if whoever renders it offers that", ""
        case nodes.Getattr(attr=name) if name in _FILLS and any(
            isinstance(size := folding.fold(one), int) and size > MAX_WIDTH for one in node.args
        ):
            yield "jinja.bomb", f"{name} fills up more than any text is long", ""
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
