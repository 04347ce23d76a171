"""What names stand for: imports, aliases, attributes, getattr and __import__ with assembled names."""

import ast
from contextlib import suppress

from entrepot.scan.python.folding import Unfoldable, Value, fold, folded_text

_IMPORTERS = frozenset(("__import__", "builtins.__import__", "importlib.import_module", "importlib.__import__"))
_GETTERS = frozenset(("getattr", "builtins.getattr", "operator.attrgetter"))
_MAX_DEPTH = 60


class Scope:
    """The names of one module, in no order of its lines: what a name once stood for, it may stand for anywhere."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self.constants: dict[str, Value] = {}
        self._dotted: dict[str, str] = {}
        for node in nodes:
            self._learn_imports(node)
        for node in nodes:
            self._learn_assignment(node)

    def _learn_imports(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                self._dotted[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                self._dotted[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def _learn_assignment(self, node: ast.AST) -> None:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                if dotted := self.dotted(value):
                    self._dotted.setdefault(name, dotted)
                elif isinstance(value, ast.Constant | ast.BinOp | ast.Call | ast.JoinedStr | ast.List | ast.Subscript):
                    with suppress(Unfoldable):
                        self.constants[name] = fold(value, self.constants)

    def dotted(self, node: ast.AST, depth: int = 0) -> str | None:
        """The full name of what an expression gives, if source shows it: `os.system` for `__import__("os").system`."""
        if depth > _MAX_DEPTH:
            return None
        match node:
            case ast.Name(id=name):
                return self._dotted.get(name, name)
            case ast.Attribute(value=inner, attr=name):
                outer = self.dotted(inner, depth + 1)
                return f"{outer}.{name}" if outer else None
            case ast.Call(func=function, args=arguments):
                return self._called(self.dotted(function, depth + 1), arguments, depth)
            case ast.Subscript(value=inner, slice=index):
                # globals()["os"], __builtins__["eval"], sys.modules["os"], os.__dict__["system"]
                outer, key = self.dotted(inner, depth + 1), folded_text(index, self.constants)
                if (
                    outer
                    and key
                    and outer.rpartition(".")[2] in ("globals", "__builtins__", "modules", "__dict__", "vars", "locals")
                ):
                    holder = outer.rpartition(".")[0]
                    return f"{holder}.{key}" if outer.endswith(".__dict__") and holder else self._dotted.get(key, key)
        return None

    def _called(self, function: str | None, arguments: list[ast.expr], depth: int) -> str | None:
        if function in _IMPORTERS and arguments:
            return folded_text(arguments[0], self.constants)
        if function in _GETTERS and len(arguments) >= 2:
            outer, name = self.dotted(arguments[0], depth + 1), folded_text(arguments[1], self.constants)
            return f"{outer}.{name}" if outer and name else None
        if function in ("globals", "vars", "locals", "builtins.globals"):
            return function.rpartition(".")[2]
        return None


def is_assembled(node: ast.Call) -> bool:
    """Whether an importer or getattr is given a name that is put together, which honest code has no reason for."""
    name = node.args[1] if len(node.args) > 1 else node.args[0] if node.args else None
    match name:
        case ast.BinOp() | ast.Subscript() | ast.Call():
            return True
    return False
