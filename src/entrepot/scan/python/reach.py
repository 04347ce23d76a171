"""When does code run: on import, when a loader calls it, or only if somebody asks?"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from entrepot.scan.budget import Budget
from entrepot.scan.python.harm import LOADER_CALLS


class When(IntEnum):
    """How soon code runs, soonest last."""

    ASKED = 0
    BY_LOADER = 1
    ON_IMPORT = 2


@dataclass(frozen=True, slots=True)
class Reached:
    """A call and when it happens."""

    call: ast.Call
    when: When


def calls(tree: ast.Module, budget: Budget) -> Iterator[Reached]:
    """Every call in a module. A function that is called on import runs on import; methods with names that loaders call
    run when the file is used."""
    functions: dict[str, ast.AST] = {}
    blocks: list[tuple[ast.AST, When]] = []
    for node, when in _blocks(tree, budget):
        blocks.append((node, when))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.setdefault(node.name, node)
    sooner = _called_sooner(blocks, functions, budget)
    for node, when in blocks:
        moment = max(when, sooner.get(id(node), when))
        for call in _own_calls(node):
            yield Reached(call, moment)


def _blocks(tree: ast.Module, budget: Budget) -> Iterator[tuple[ast.AST, When]]:
    """The module and every function in it, with when its body runs."""
    waiting: list[tuple[ast.AST, When]] = [(tree, When.ON_IMPORT)]
    while waiting:
        block, when = waiting.pop()
        yield block, when
        for node in _own_nodes(block, budget):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                name = getattr(node, "name", "")
                loaders = name in LOADER_CALLS
                # What stands inside a function that loaders call is called by it, more often than not.
                moment = When.BY_LOADER if loaders or when is When.BY_LOADER else When.ASKED
                waiting.append((node, moment))
            elif isinstance(node, ast.If) and _is_script_only(node.test):
                waiting.append((ast.Module(node.body, []), When.ASKED))


def _called_sooner(
    blocks: list[tuple[ast.AST, When]], functions: dict[str, ast.AST], budget: Budget
) -> dict[int, When]:
    """The functions that run sooner because something that runs sooner calls them by name."""
    sooner: dict[int, When] = {}
    waiting = [(node, when) for node, when in blocks if when is not When.ASKED]
    while waiting:
        node, when = waiting.pop()
        for call in _own_calls(node):
            budget.spend_values()
            for target in _named(call):
                function = functions.get(target)
                if function is not None and sooner.get(id(function), When.ASKED) < when:
                    sooner[id(function)] = when
                    waiting.append((function, when))
    return sooner


def _named(call: ast.Call) -> Iterator[str]:
    match call.func:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            yield name
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        # atexit.register(run), Thread(target=run): handed on to be called.
        if isinstance(argument, ast.Name):
            yield argument.id


def _own_calls(block: ast.AST) -> Iterator[ast.Call]:
    return (node for node in _own_nodes(block, None) if isinstance(node, ast.Call))


def _own_nodes(block: ast.AST, budget: Budget | None) -> Iterator[ast.AST]:
    """The nodes of a block that run with it: not the bodies of functions in it, and not what only a script does."""
    waiting: list[ast.AST] = list(_body(block))
    while waiting:
        node = waiting.pop()
        if budget:
            budget.spend_values()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        elif isinstance(node, ast.Lambda):
            waiting += node.args.defaults
        elif isinstance(node, ast.If) and _is_script_only(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _body(block: ast.AST) -> Iterable[ast.AST]:
    if isinstance(block, ast.Lambda):
        return [block.body]
    return getattr(block, "body", [])


def _is_script_only(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False
