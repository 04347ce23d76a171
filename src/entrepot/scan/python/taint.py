"""What a value comes from: decoded texts, the network, secrets; followed through names, in no order of lines."""

import ast
from collections.abc import Callable, Iterable

from entrepot.scan.pattern import Pattern
from entrepot.scan.python.folding import folded_text
from entrepot.scan.python.harm import Harm, harm_of
from entrepot.scan.python.names import Scope

_DECODERS = frozenset(
    "b64decode urlsafe_b64decode standard_b64decode b32decode b16decode b85decode a85decode decodebytes decodestring "
    "fromhex unhexlify a2b_hex a2b_base64 decompress rot13 decrypt".split()
)
_SECRET = Pattern(r"(?i)token|secret|passw|api_?key|access_?key|private_?key|credential|^aws_|_key$")
_ASKS_SECRET = frozenset("get_token HfFolder.get_token getpass getuser".split())
_MAX_ROUNDS = 4


class Taint:
    """Which names of a module hold what was decoded, fetched, or is secret."""

    def __init__(self, nodes: Iterable[ast.AST], scope: Scope) -> None:
        self._scope = scope
        self._assigned = [
            (names, value) for node in nodes if (names := _targets(node)) and (value := _value(node)) is not None
        ]
        self._decoded = self._spread(self._is_decoder)
        self._fetched = self._spread(self._is_fetch)
        self._secret = self._spread(self._is_secret)

    def _spread(self, source: Callable[[ast.AST], bool]) -> set[str]:
        names: set[str] = set()
        for _ in range(_MAX_ROUNDS):
            before = len(names)
            for targets, value in self._assigned:
                if not names >= targets and self._has(value, source, names):
                    names |= targets
            if len(names) == before:
                break
        return names

    def _has(self, value: ast.AST, source: Callable[[ast.AST], bool], names: set[str]) -> bool:
        return any(
            source(node) or (isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load))
            for node in ast.walk(value)
        )

    def is_decoded(self, node: ast.AST) -> bool:
        """Whether a value comes out of a decoder of the kind that hides: base64, hex, zlib, marshal, exclusive or."""
        return self._has(node, self._is_decoder, self._decoded)

    def is_fetched(self, node: ast.AST) -> bool:
        """Whether a value comes from the network."""
        return self._has(node, self._is_fetch, self._fetched)

    def is_secret(self, node: ast.AST) -> bool:
        """Whether a value is a token or key of who runs this."""
        return self._has(node, self._is_secret, self._secret)

    def _is_decoder(self, node: ast.AST) -> bool:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            return True
        if not isinstance(node, ast.Call):
            return False
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in _DECODERS:
            return True
        if name in ("loads", "load", "decode"):
            whole = self._scope.dotted(node.func) or ""
            return whole.startswith(("marshal.", "codecs.decode"))
        return False

    def _is_fetch(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        name = self._scope.dotted(node.func) or ""
        return harm_of(name) is Harm.NETWORK or name.endswith(("()).recv", "socket().recv", "connection().recv"))

    def _is_secret(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=function, args=[name, *_]) if (self._scope.dotted(function) or "") in _GET_VARIABLE:
                return bool(_SECRET.search(folded_text(name, self._scope.constants) or ""))
            case ast.Subscript(value=inner, slice=index) if self._scope.dotted(inner) == "os.environ":
                return bool(_SECRET.search(folded_text(index, self._scope.constants) or ""))
            case ast.Call(func=function):
                return (self._scope.dotted(function) or "").endswith(_TOKENS)
        return False


_GET_VARIABLE = ("os.environ.get", "os.getenv", "os.environ.pop", "os.environ.__getitem__")
_TOKENS = ("HfFolder.get_token", "huggingface_hub.get_token", "getpass.getpass", "hf_api.get_token")


def _targets(node: ast.AST) -> set[str]:
    match node:
        case ast.Assign(targets=targets):
            return {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            return {name}
        case ast.NamedExpr(target=ast.Name(id=name)) | ast.withitem(optional_vars=ast.Name(id=name)):
            return {name}
        case ast.For(target=ast.Name(id=name)):
            return {name}
    return set()


def _value(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.withitem(context_expr=value):
            return value
        case ast.For(iter=value):
            return value
    return getattr(node, "value", None)
