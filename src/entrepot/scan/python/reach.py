"""When does code run: on import, when a loader calls it, or only if somebody asks?"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from entrepot.scan.budget import Budget
from entrepot.scan.python.harm import LOADER_CALLS, METHODS_CALLED

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class When(IntEnum):
    """How soon code runs, soonest last."""

    ASKED = 0
    BY_LOADER = 1
    ON_IMPORT = 2


@dataclass(frozen=True, slots=True)
class Reached:
    """A call, or another node that matters, and when it happens."""

    node: ast.AST
    when: When


def reached(tree: ast.Module, budget: Budget, *, is_script: bool = False) -> Iterator[Reached]:
    """Every node in a module. A function that is called on import runs on import; methods with names that loaders call
    run when the file is used. `is_script`: what stands under `__name__ == "__main__"` runs as well."""
    walk = _Walk(budget, is_script)
    walk.gather(tree)
    sooner = walk.called_sooner()
    for block, when in walk.blocks:
        moment = max(when, sooner.get(id(block), when))
        for node in walk.own(block):
            yield Reached(node, moment)


class _Walk:
    """The module and every function in it, with when its body runs."""

    def __init__(self, budget: Budget, is_script: bool) -> None:
        self._budget = budget
        self._is_script = is_script
        self.blocks: list[tuple[ast.AST, When]] = []
        self._own: dict[int, list[ast.AST]] = {}
        self._functions: dict[str, list[_Function]] = {}
        self._classes: dict[str, list[_Function]] = {}
        self._instances: dict[str, str] = {}

    def gather(self, tree: ast.Module) -> None:
        """Find the blocks."""
        waiting: list[tuple[ast.AST, When]] = [(tree, When.ON_IMPORT)]
        methods = _methods(tree)
        while waiting:
            block, when = waiting.pop()
            self.blocks.append((block, when))
            for node in self.own(block):
                if isinstance(node, _Function):
                    waiting.append((node, self._moment(node, when, methods)))
                    self._functions.setdefault(getattr(node, "name", ""), []).append(node)
                elif isinstance(node, ast.ClassDef):
                    self._classes[node.name] = [one for one in node.body if isinstance(one, _Function)]
                elif isinstance(node, ast.If) and not self._is_script and _is_script_only(node.test):
                    waiting.append((ast.Module(node.body, []), When.ASKED))
                elif isinstance(node, ast.Assign):
                    self._learn(node)

    def _moment(self, node: _Function, when: When, methods: set[int]) -> When:
        name = getattr(node, "name", "")
        is_called = name in LOADER_CALLS or name.startswith("pytest_") or (name[:2] == name[-2:] == "__" and name)
        if is_called or (name in METHODS_CALLED and id(node) in methods):
            return When.BY_LOADER
        # What stands inside a function that loaders call is called by it, more often than not.
        return When.BY_LOADER if when is When.BY_LOADER else When.ASKED

    def _learn(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                if isinstance(node.value, ast.Lambda):
                    self._functions.setdefault(target.id, []).append(node.value)
                elif isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
                    self._instances[target.id] = node.value.func.id

    def called_sooner(self) -> dict[int, When]:
        """The functions that run sooner because something that runs sooner calls them, by name."""
        sooner: dict[int, When] = {}
        waiting = [(node, when) for node, when in self.blocks if when is not When.ASKED]
        while waiting:
            block, when = waiting.pop()
            for node in self.own(block):
                for function in self._run_by(node):
                    self._budget.spend_values()
                    if sooner.get(id(function), When.ASKED) < when:
                        sooner[id(function)] = when
                        waiting.append((function, when))
        return sooner

    def _run_by(self, node: ast.AST) -> Iterator[_Function]:
        """The functions of this module that a node calls, or hands to somebody who will."""
        match node:
            case ast.Call():
                yield from self._run_by_call(node)
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_], value=value):
                yield from self._handed(value)  # sys.excepthook = run
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for decorator in node.decorator_list:
                    yield from self._handed(decorator)
                    if isinstance(decorator, ast.Attribute) and ast.unparse(decorator) == "atexit.register":
                        yield node
            case ast.ClassDef():
                for value in (*node.decorator_list, *(keyword.value for keyword in node.keywords)):
                    yield from self._handed(value)
            case ast.Attribute(value=ast.Call(func=ast.Name(id=name)), attr=attribute):
                yield from (one for one in self._classes.get(name, ()) if getattr(one, "name", "") == attribute)

    def _run_by_call(self, call: ast.Call) -> Iterator[_Function]:
        match call.func:
            case ast.Lambda() as function:
                yield function
            case ast.Name(id=name):
                yield from self._handed(call.func)
                yield from self._dunders(self._instances.get(name, ""))
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                yield from self._functions.get(name, ())
            case ast.Attribute(value=ast.Name(id=holder) | ast.Call(func=ast.Name(id=holder)), attr=name):
                holder = self._instances.get(holder, holder)
                yield from (one for one in self._classes.get(holder, ()) if getattr(one, "name", "") == name)
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            # atexit.register(run), Thread(target=run): handed on to be called.
            yield from self._handed(argument)

    def _handed(self, value: ast.expr) -> Iterator[_Function]:
        match value:
            case ast.Lambda():
                yield value
            case ast.Name(id=name):
                yield from self._functions.get(name, ())
                yield from self._dunders(name)

    def _dunders(self, name: str) -> Iterator[_Function]:
        """What Python calls of an object by itself."""
        return (one for one in self._classes.get(name, ()) if getattr(one, "name", "").startswith("__"))

    def own(self, block: ast.AST) -> list[ast.AST]:
        """The nodes of a block that run with it: not the bodies of functions in it, and not what only a script does."""
        if id(block) in self._own:
            return self._own[id(block)]
        found: list[ast.AST] = []
        waiting: list[ast.AST] = list(_body(block))
        while waiting:
            node = waiting.pop()
            self._budget.spend_values()
            found.append(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                waiting += _evaluated(node)
            elif isinstance(node, ast.Lambda):
                waiting += node.args.defaults
            elif isinstance(node, ast.If) and not self._is_script and _is_script_only(node.test):
                waiting += node.orelse
            else:
                waiting += ast.iter_child_nodes(node)
        self._own[id(block)] = found
        return found


def _evaluated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """What runs where a function is defined."""
    arguments = node.args
    yield from node.decorator_list
    yield from arguments.defaults
    yield from (default for default in arguments.kw_defaults if default)
    for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if isinstance(one.annotation, ast.Call):
            yield one.annotation


def _methods(tree: ast.Module) -> set[int]:
    return {id(one) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for one in node.body}


def _body(block: ast.AST) -> Iterable[ast.AST]:
    if isinstance(block, ast.Lambda):
        return [block.body]
    return getattr(block, "body", [])


def _is_script_only(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
        case ast.BoolOp(op=ast.And(), values=several):
            return any(_is_script_only(one) for one in several)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False
