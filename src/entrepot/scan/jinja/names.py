"""What the names of a template can stand for: settings, loops, macros' arguments, namespaces, blocks of text."""

from collections.abc import Iterable, Iterator, Sequence

from jinja2 import nodes

MAX_CANDIDATES = 8
"""Values that are remembered of one name."""
Binding = tuple[str, nodes.Node | Sequence[nodes.Node], bool]
"""A name, what it is set to (a block of text is a list), and whether it goes through the items of that."""


def bindings(template: nodes.Template) -> list[Binding]:
    """Everything that gives a name a value, in no order of its lines."""
    return list(_bindings(template))


def _bindings(template: nodes.Template) -> Iterator[Binding]:
    macros = {macro.name: macro for macro in template.find_all(nodes.Macro)}
    for node in template.find_all(
        (nodes.Assign, nodes.AssignBlock, nodes.For, nodes.With, nodes.Call, nodes.CallBlock, nodes.Macro)
    ):
        match node:
            case nodes.Assign(target=target, node=value):
                yield from _assigned(target, value)
            case nodes.AssignBlock(target=nodes.Name(name=name), body=body, filter=None):
                yield name, body, False
            case nodes.AssignBlock(target=nodes.Name(name=name), body=body, filter=chain):
                yield name, nodes.FilterBlock(body, chain), False
            case nodes.For(target=target, iter=values):
                yield from _looped(target, values)
            case nodes.With(targets=targets, values=values):
                for one, value in zip(targets, values, strict=False):
                    yield from _assigned(one, value)
            case nodes.Call(node=nodes.Name(name=name)) if name in macros:
                yield from _called(macros[name], node.args, node.kwargs)
            case nodes.CallBlock(body=body):
                yield "caller()", body, False
            case nodes.Macro(args=names, defaults=defaults):
                for one, value in zip(names[len(names) - len(defaults) :], defaults, strict=False):
                    yield one.name, value, False


def _assigned(target: nodes.Node, value: nodes.Node) -> Iterator[Binding]:
    match target, value:
        case nodes.Name(name=name), nodes.Call(node=nodes.Name(name="namespace" | "dict"), kwargs=given):
            for keyword in given:
                yield f"{name}.{keyword.key}", keyword.value, False
            yield name, value, False
        case nodes.Name(name=name), _:
            yield name, value, False
        case nodes.NSRef(name=name, attr=attribute), _:
            yield f"{name}.{attribute}", value, False
        case nodes.Tuple(items=names), nodes.Tuple(items=values) | nodes.List(items=values):
            for one, single in zip(names, values, strict=False):
                yield from _assigned(one, single)


def _looped(target: nodes.Node, values: nodes.Node) -> Iterator[Binding]:
    match target:
        case nodes.Name(name=name):
            yield name, values, True
        case nodes.Tuple(items=names):
            for at, one in enumerate(names):
                if isinstance(one, nodes.Name):
                    yield one.name, nodes.Filter(values, "map", [nodes.Const(at)], [], None, None), True


def _called(macro: nodes.Macro, given: Iterable[nodes.Node], named: Iterable[nodes.Keyword]) -> Iterator[Binding]:
    for one, value in zip(macro.args, given, strict=False):
        yield one.name, value, False
    for keyword in named:
        yield keyword.key, keyword.value, False
