"""What names stand for: imports, aliases, attributes, getattr and __import__ with assembled names."""

import ast
from contextlib import suppress

from entrepot.scan.python.folding import Unfoldable, Value, fold, folded_text
from entrepot.scan.python.harm import HARMS, harm_of

_IMPORTERS = frozenset(
    "__import__ builtins.__import__ importlib.import_module importlib.__import__ pydoc.locate pkgutil.resolve_name "
    "__loader__.load_module importlib.reload imp.find_module sys.modules.get".split()
)
_GETTERS = frozenset(
    "getattr builtins.getattr object.__getattribute__ type.__getattribute__ inspect.getattr_static".split()
)
_ITEMS = frozenset(("get", "__getitem__", "pop", "setdefault"))
_NAMESPACES = ("globals", "locals", "vars", "__globals__", "f_globals", "f_builtins", "f_locals", "__builtins__")
_MAX_DEPTH = 60
_OF_OS = frozenset(("system", "popen"))


class Scope:
    """The names of one module, in no order of its lines: what a name once stood for, it may stand for anywhere."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self.constants: dict[str, Value] = {}
        self.values: dict[str, ast.expr] = {}
        """What names were last set to, where that is no constant."""
        self.harmful: set[str] = set()
        """Names that stand for something that does harm."""
        self._dotted: dict[str, str] = {}
        self._stars: list[str] = []
        for node in nodes:
            self._learn_imports(node)
        for node in nodes:
            self._learn_assignment(node)

    def _learn_imports(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                self._bind(bound, alias.name if alias.asname else bound)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                if alias.name == "*":
                    self._stars.append(node.module or "")
                else:
                    self._bind(alias.asname or alias.name, f"{node.module}.{alias.name}")

    def _bind(self, name: str, dotted: str) -> None:
        """What is harmful wins: a name may stand for several things, and any of them may be meant."""
        if harm_of(dotted):
            self.harmful.add(name)
            self._dotted[name] = dotted
        elif name not in self.harmful:
            self._dotted.setdefault(name, dotted)

    def _learn_assignment(self, node: ast.AST) -> None:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
                | ast.withitem(context_expr=value, optional_vars=ast.Name(id=name))
            ) if value is not None:
                self._learn(name, value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                for one, given in zip(names, values, strict=True):
                    if isinstance(one, ast.Name):
                        self._learn(one.id, given)
            case ast.For(target=ast.Name(id=name), iter=ast.List(elts=values) | ast.Tuple(elts=values)):
                for value in values[:20]:
                    self._learn(name, value)
            case ast.Assign(targets=[ast.Subscript() as place], value=value):
                # globals()["run"] = os.system
                if bound := self._global(place):
                    self._learn(bound, value)

    def _global(self, place: ast.Subscript) -> str | None:
        holder = self.dotted(place.value)
        return folded_text(place.slice, self.constants) if holder in ("globals", "locals", "vars") else None

    def _learn(self, name: str, value: ast.expr) -> None:
        if isinstance(value, ast.Constant | ast.BinOp | ast.Call | ast.JoinedStr | ast.List | ast.Subscript):
            with suppress(Unfoldable):
                self.constants[name] = fold(value, self.constants)
                return
            self.values[name] = value
        if (dotted := self.dotted(value)) and dotted != name:
            self._bind(name, dotted)

    def dotted(self, node: ast.AST, depth: int = 0) -> str | None:
        """The full name of what an expression gives, if source shows it: `os.system` for `__import__("os").system`,
        `socket.socket()` for what that call makes, `x[]` for an item."""
        if depth > _MAX_DEPTH:
            return None
        match node:
            case ast.Name(id=name):
                return self._named(name)
            case ast.Attribute(value=inner, attr=name):
                outer = self.dotted(inner, depth + 1)
                return f"{outer}.{name}" if outer else None
            case ast.NamedExpr(value=inner) | ast.Await(value=inner) | ast.Starred(value=inner):
                return self.dotted(inner, depth + 1)
            case ast.IfExp(body=one, orelse=other):
                return self._worse([one, other], depth)
            case ast.BoolOp(values=several):
                return self._worse(several[:8], depth)
            case ast.Constant() | ast.Tuple() | ast.List() | ast.Dict() | ast.JoinedStr() | ast.ListComp():
                return "literal"
            case ast.Call():
                return self._called(node, depth)
            case ast.Subscript(value=inner, slice=index):
                outer = self.dotted(inner, depth + 1)
                return self._item(outer, folded_text(index, self.constants)) if outer else None
        return None

    def _named(self, name: str) -> str:
        if name in self._dotted:
            return self._dotted[name]
        for module in self._stars:
            if f"{module}.{name}" in HARMS:
                return f"{module}.{name}"
        return name

    def _worse(self, several: list[ast.expr], depth: int) -> str | None:
        names = [name for one in several if (name := self.dotted(one, depth + 1))]
        return next((name for name in names if harm_of(name)), names[0] if names else None)

    def _item(self, outer: str, key: str | None) -> str:
        """globals()["os"], __builtins__["eval"], sys.modules["os"], os.__dict__["system"]"""
        if key is None:
            return outer if harm_of(outer) else f"{outer}[]"
        if outer.endswith(".__dict__"):
            return f"{outer.removesuffix('.__dict__')}.{key}"
        if outer == "sys.modules":
            return key
        if outer.rpartition(".")[2] in _NAMESPACES:
            return self._dotted.get(key, f"os.{key}" if key in _OF_OS else key)
        return outer if harm_of(outer) else f"{outer}[]"

    def _called(self, node: ast.Call, depth: int) -> str | None:
        function = self.dotted(node.func, depth + 1)
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "name")]
        texts = [folded_text(one, self.constants) for one in given[:3]]
        if function is None:
            return None
        # attrgetter("system")(os), itemgetter("system")(os.__dict__)
        is_got = isinstance(node.func, ast.Call) and node.args
        if is_got and (made := self._got(node.func, node.args[0], depth)) is not None:  # type: ignore[arg-type]
            return made
        if function in _IMPORTERS and texts and texts[0]:
            return texts[0].replace(":", ".")
        if function in _GETTERS and len(texts) >= 2:
            outer = self.dotted(given[0], depth + 1)
            return f"{outer}.{texts[1]}" if outer and texts[1] else None
        holder, _, method = function.rpartition(".")
        if method in ("__getattribute__", "__getattr__") and texts and texts[0]:
            return f"{holder}.{texts[0]}"
        if method in _ITEMS and texts and texts[0] and (holder.endswith("__dict__") or holder in _MAPPINGS):
            return self._item(holder, texts[0])
        if function in ("vars", "builtins.vars") and given:
            return f"{self.dotted(given[0], depth + 1)}.__dict__"
        if function.removeprefix("builtins.") in ("globals", "vars", "locals"):
            return function.removeprefix("builtins.")
        return f"{function}()"

    def _got(self, getter: ast.Call, of: ast.expr, depth: int) -> str | None:
        kind = self.dotted(getter.func, depth + 1) or ""
        names = [name for one in getter.args[:8] if (name := folded_text(one, self.constants))]
        outer = self.dotted(of, depth + 1) if kind.startswith("operator.") else None
        if not outer or not names:
            return None
        if kind == "operator.methodcaller" and names[0] in ("__getattribute__", "__getattr__") and len(names) > 1:
            return f"{outer}.{names[1]}"
        if kind == "operator.attrgetter":
            # Of several it makes a row of them.
            found = [f"{outer}.{name}" for name in names]
            return next((name for name in found if harm_of(name)), found[0])
        return self._item(outer, names[0]) if kind == "operator.itemgetter" else None

    def function(self, call: ast.Call) -> str:
        """The full name of what a call calls; empty where source does not show it."""
        if isinstance(call.func, ast.Call) and call.args and call.func.args:
            if (self.dotted(call.func.func) or "") == "operator.methodcaller":
                name = folded_text(call.func.args[0], self.constants)
                return f"{self.dotted(call.args[0])}.{name}"
            if (made := self._got(call.func, call.args[0], 0)) is not None:
                return made
        return self.dotted(call.func) or ""


_MAPPINGS = ("globals", "locals", "vars", "sys.modules", "__builtins__")


def is_assembled(node: ast.Call) -> bool:
    """Whether an importer or getattr is given a name that is put together, which honest code has no reason for."""
    is_getter = getattr(node.func, "id", getattr(node.func, "attr", "")) == "getattr"
    name = node.args[1] if is_getter and len(node.args) > 1 else node.args[0] if node.args else None
    match name:
        case ast.BinOp() | ast.Subscript() | ast.Call():
            return True
    return False
