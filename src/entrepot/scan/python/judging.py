"""Is a call in source code harmful, given what it calls, with what, and when?"""

import ast
from collections.abc import Iterator
from functools import cached_property

from entrepot.domain.report import Finding
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.pattern import Pattern
from entrepot.scan.python.calls import WORDS, Seen, mode, shown
from entrepot.scan.python.folding import Unfoldable, fold, folded_text, rough_text
from entrepot.scan.python.harm import HARMS, Harm, harm_of
from entrepot.scan.python.leaks import leaks, network
from entrepot.scan.python.mentions import mentioned, sweep
from entrepot.scan.python.names import Scope, is_assembled
from entrepot.scan.python.places import SHARED_FOLDERS, changes_start, is_lasting, is_precious
from entrepot.scan.python.programs import process
from entrepot.scan.python.reach import Reached, When, reached
from entrepot.scan.python.source import trees
from entrepot.scan.python.taint import Taint

MAX_NESTED = 3
"""Texts that are run by texts that are run."""
_SYSTEM_LIBRARY = Pattern(r"(?i)[\w+-]+(?:\.dll|\.dylib|\.so(?:\.\d+)*)?")
_LOOKS_UP = Pattern(
    r"\s*(?:self|cls|nn|torch|F|np|tf|jnp|math|keras|layers|models|transformers|datasets|timm|lambda\b)[ .].*", 16
)
MAX_CODE = 4_000
_CODE = Pattern(r"__import__\s*\(|\bos\.(?:system|popen)\s*\(|\bsubprocess\.\w+\s*\(")
_VERSION = Pattern(r"(?i)version|__init__|about|__about__|metadata|_info")


def judged(source: str, budget: Budget, name: str = "", depth: int = 0) -> Iterator[Finding]:
    """Findings of the family `python` on a module's source. Raises `Unreadable` where it does not parse, after what
    could be judged of it."""
    broken = ""
    for tree in trees(source):
        if isinstance(tree, str):
            broken = tree
            continue
        yield from _Module(tree, budget, name, depth).judged()
    if broken:
        raise Unreadable(broken)


class _Module:
    """One module's tree, with what its names stand for."""

    def __init__(self, tree: ast.Module, budget: Budget, name: str, depth: int) -> None:
        self._tree = tree
        self._budget = budget
        self._depth = depth
        self._is_setup = name in ("setup.py", "conftest.py") or any(
            isinstance(node, ast.ImportFrom | ast.Import) and "setuptools" in ast.dump(node) for node in tree.body
        )
        self.nodes: list[ast.AST] = []
        for node in ast.walk(tree):
            budget.spend_values()
            self.nodes.append(node)
        self.scope = Scope(self.nodes)

    @cached_property
    def taint(self) -> Taint:
        """Where values come from; asked only where something is run or sent."""
        return Taint(self.nodes, self.scope)

    def judged(self) -> Iterator[Finding]:
        called: list[Seen] = []
        functions: set[int] = set()
        mentions: list[Reached] = []
        for one in reached(self._tree, self._budget, is_script=self._is_setup):
            if isinstance(one.node, ast.Call):
                functions.add(id(one.node.func))
                name = self.scope.function(one.node)
                called.append(Seen(one.node, name, one.when, harm_of(name)))
            elif isinstance(one.node, ast.Name | ast.Attribute | ast.Subscript | ast.Assign):
                mentions.append(one)
            elif isinstance(one.node, ast.For) and one.when is not When.ASKED:
                yield from sweep(one.node, one.when, self.scope)
        for seen in called:
            yield from self._call(seen)
        for mention in mentions:
            if id(mention.node) not in functions:
                yield from mentioned(mention, self.scope)
        yield from leaks(called, self.nodes, self.scope, self.taint_of)

    def taint_of(self) -> Taint:
        """As `taint`, for those who may not need it."""
        return self.taint

    def _call(self, one: Seen) -> Iterator[Finding]:
        match one.harm:
            case Harm.EXECUTION:
                yield from self._execution(one)
            case Harm.PROCESS:
                yield from process(one, self.scope, is_setup=self._is_setup)
            case Harm.NATIVE if one.when is When.ON_IMPORT and not _is_known_library(one.call, self.scope):
                yield self._finding("python.native", one, f"{one.name} loads native code {WORDS[one.when]}")
            case Harm.UNPICKLE:
                yield from self._unpickling(one)
            case Harm.IMPORT:
                yield from self._import(one)
            case Harm.SOCKET | Harm.NETWORK:
                yield from network(one, self.scope)
            case Harm.REMOVE if one.when is not When.ASKED and is_precious(
                rough_text(_first(one), self.scope.constants)
            ):
                yield self._finding("python.removal-on-import", one, f"{one.name} {WORDS[one.when]}")
            case None:
                yield from self._other(one)

    def _execution(self, one: Seen) -> Iterator[Finding]:
        argument = next(iter(one.call.args), None) or next((k.value for k in one.call.keywords), None)
        if argument is None:
            return
        text = folded_text(argument, self.scope.constants)
        if one.name.startswith("runpy.") and one.when is not When.ASKED:
            yield self._finding("python.execution", one, f"{one.name} runs a file {WORDS[one.when]}", text)
        elif self.taint.is_fetched(argument):
            message = f"{one.name} runs what it fetches from the network"
            yield self._finding("python.fetched-execution", one, message)
        elif self.taint.is_decoded(argument) or (text is not None and _is_hidden(argument, text)):
            message = f"{one.name} runs code that is hidden in an encoded text"
            yield self._finding("python.decoded-execution", one, message, text)
        elif text is not None and not _is_roundabout(one):
            yield from self._run_text(one, text)
        elif one.when is not When.ASKED and (text is not None or not self._is_usual(argument)):
            yield self._finding("python.execution", one, f"{one.name} {WORDS[one.when]}")

    def _run_text(self, one: Seen, text: str) -> Iterator[Finding]:
        """What a plain text does when it is run."""
        if self._depth >= MAX_NESTED:
            return
        try:
            inner = list(judged(text, self._budget, depth=self._depth + 1))
        except Unreadable:
            inner = []
        for finding in inner:
            if one.when is not When.ASKED or finding.rule == "python.hostile-command":
                message = f"{one.name} {WORDS[one.when]}: {finding.message}"
                yield self._finding(finding.rule, one, message, finding.evidence)

    def _is_usual(self, argument: ast.expr) -> bool:
        """Whether what is run is a look-up by name, or the package's version: setup scripts do that."""
        rough = rough_text(argument, self.scope.constants)
        if _LOOKS_UP.fullmatch(rough) and "(" not in rough.split("…")[0]:
            return True
        inside = ast.unparse(argument)[:2000]
        if self._is_setup and ("open(" in inside or "read" in inside):
            return bool(_VERSION.search(inside)) or "__version__" in ast.unparse(self._tree)
        return False

    def _unpickling(self, one: Seen) -> Iterator[Finding]:
        argument = _first(one)
        if argument is None:
            return
        literal = any(isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and len(node.value) >= 4
                      for node in ast.walk(argument))  # fmt: skip
        if self.taint.is_fetched(argument) or rough_text(argument, self.scope.constants).startswith(
            ("http:", "https:")
        ):
            if one.name != "torch.load" and one.when is not When.ASKED:
                message = f"{one.name} unpickles what comes from the network, {WORDS[one.when]}"
                yield self._finding("python.fetched-execution", one, message)
        elif self.taint.is_decoded(argument) and (literal or one.when is When.ON_IMPORT):
            message = f"{one.name} is given bytes that the code itself decodes"
            yield self._finding("python.decoded-execution", one, message)

    def _import(self, one: Seen) -> Iterator[Finding]:
        if one.name in ("__import__", "importlib.import_module") and is_assembled(one.call):
            whole = self.scope.dotted(one.call) or ""
            # Names of modules are put together by honest code as well, of its own package's.
            if whole in _DANGEROUS_MODULES or (one.name == "__import__" and one.when is not When.ASKED):
                yield self._finding("python.assembled-name", one, f"imports {whole or 'a name'} that is put together")
        elif one.when is When.ON_IMPORT and one.name.startswith("pip."):
            yield self._finding("python.execution", one, f"{one.name} installs packages {WORDS[one.when]}")
        elif one.when is not When.ASKED and not one.name.startswith(("__import__", "importlib.import_module", "pip.")):
            places = (
                [SHARED_FOLDERS[0]]
                if one.name.startswith("zipimport") and one.when is When.ON_IMPORT
                else [rough_text(item, self.scope.constants) for item in one.call.args[:2]]
            )
            if any(place.startswith(SHARED_FOLDERS) or _is_data(place) for place in places):
                yield self._finding("python.execution", one, f"{one.name} runs {places[-1]} {WORDS[one.when]}")

    def _other(self, one: Seen) -> Iterator[Finding]:
        name = getattr(one.call.func, "attr", "") or one.name.rpartition(".")[2]
        if one.when is not When.ASKED and (text := next(filter(_CODE.search, self._texts(one.call)), None)):
            message = f"{one.name or 'something'} is given code as a text {WORDS[one.when]}"
            yield self._finding("python.execution", one, message, text)
        if name in ("getattr", "__getattribute__") and is_assembled(one.call):
            whole = self.scope.dotted(one.call) or ""
            if whole in HARMS or whole.split(".")[-1] in _TELLING:
                yield self._finding("python.assembled-name", one, f"{whole} by a name that is put together")
        elif name == "__subclasses__" and (
            "__base" in one.name or "__mro__" in one.name or one.name.startswith("object.")
        ):
            yield self._finding("python.assembled-name", one, "searches all classes for one that it does not name")
        elif changes_start(one.name, one.call, self.scope.constants) and one.when is not When.ASKED:
            yield self._finding("python.persistence", one, f"changes what later programs load {WORDS[one.when]}")
        path = self._written(one, name)
        if path and one.when is not When.ASKED and is_lasting(path):
            yield self._finding("python.persistence", one, f"writes {path}, which others run later")

    def _texts(self, call: ast.Call) -> Iterator[str]:
        """The short texts among the arguments of a call, of one that does more than show them."""
        if getattr(call.func, "attr", getattr(call.func, "id", "")) in _SHOWING:
            return
        for argument in call.args[:4]:
            text = folded_text(argument, self.scope.constants)
            if text and len(text) < MAX_CODE:
                yield text

    def _written(self, one: Seen, name: str) -> str:
        """The path that a call writes to, as far as it is known."""
        constants = self.scope.constants
        if name == "open" and mode(one.call, constants) in ("w", "a", "x"):
            return rough_text(_first(one), constants)
        if name in ("write_text", "write_bytes", "open") and isinstance(one.call.func, ast.Attribute):
            return rough_text(one.call.func.value, constants)
        if (
            name in ("copy", "copyfile", "copy2", "move", "rename", "replace", "symlink", "link")
            and len(one.call.args) > 1
        ):
            return rough_text(one.call.args[1], constants) if one.name.startswith(("shutil.", "os.")) else ""
        return ""

    def _finding(self, rule: str, one: Seen, message: str, decoded: str | None = None) -> Finding:
        return shown(rule, one, message, decoded)


def _is_roundabout(one: Seen) -> bool:
    """Whether a function that has a short name is reached by a long way: getattr(__builtins__, "exec")."""
    return one.name.rpartition(".")[2] in ("exec", "eval") and not isinstance(one.call.func, ast.Name)


_SHOWING = frozenset("print warn warning info debug error exception log write search match compile sub findall".split())
_DANGEROUS_MODULES = frozenset(
    "os sys subprocess builtins ctypes socket pty posix nt shutil marshal pickle importlib".split()
)
_TELLING = frozenset("system exec eval popen __builtins__ __globals__ __import__ Popen check_output spawn".split())


def _first(one: Seen) -> ast.expr | None:
    return one.call.args[0] if one.call.args else None


def _is_hidden(argument: ast.expr, text: str) -> bool:
    """Whether a constant is written so that nobody can read it."""
    if isinstance(argument, ast.Constant | ast.JoinedStr):
        return False
    kinds = (ast.Subscript, ast.ListComp, ast.GeneratorExp)
    calls = [getattr(n.func, "attr", getattr(n.func, "id", "")) for n in ast.walk(argument) if isinstance(n, ast.Call)]
    if any(isinstance(node, kinds) for node in ast.walk(argument)) or set(calls) & {
        "chr",
        "bytes",
        "replace",
        "join",
        "reversed",
    }:
        return True
    # "ex" + "ec": pieces of words, which nobody writes; a name may stand for a text that was decoded.
    return not (isinstance(argument, ast.Name) or set(calls) <= {"dedent", "strip", "format"}) or (
        isinstance(argument, ast.BinOp) and len(text) < 200 and text not in ast.unparse(argument)
    )


def _is_data(place: str) -> bool:
    return place.endswith((".bin", ".txt", ".dat", ".pt", ".json", ".png", ".jpg", ".safetensors", ".model"))


def _is_known_library(call: ast.Call, scope: Scope) -> bool:
    """Whether the system would have to have it: the process itself, or a library's bare name."""
    if not call.args:
        return True
    try:
        name = fold(call.args[0], scope.constants)
    except Unfoldable:
        return False
    return name is None or (isinstance(name, str) and _SYSTEM_LIBRARY.fullmatch(name) is not None)
