"""skops: a zip of arrays with `schema.json`, a tree of nodes that name the types to make and how to make them."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from entrepot.domain.report import Capability, Finding, Unread
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

Node: TypeAlias = Mapping[str, object]
_LOADERS = frozenset(
    "DictNode DefaultDictNode ListNode SetNode TupleNode BytesNode BytearrayNode SliceNode FunctionNode MethodNode "
    "PartialNode TypeNode ConstructorFromReduceNode ObjectNode JsonNode OperatorFuncNode NdArrayNode MaskedArrayNode "
    "DTypeNode RandomStateNode RandomGeneratorNode SparseMatrixNode QuantileForestNode CachedNode TreeNode SGDNode "
    "LossNode ReduceNode DictWithDeprecatedKeysNode _DictWithDeprecatedKeysNode UnsupportedNode".split()
)
_OPERATORS = frozenset(("attrgetter", "itemgetter", "methodcaller"))
_GENERATORS = frozenset(("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"))
_BEHIND = frozenset(
    "system popen eval exec gi_frame cr_frame f_globals f_builtins f_back tb_frame func_globals".split()
)
_OBJECTS = frozenset("ObjectNode TypeNode MethodNode ConstructorFromReduceNode TreeNode SGDNode LossNode".split()) | {
    ""
}


def _recognize(sample: Sample) -> bool:
    if sample.opaque:
        return False
    return sample.basename == "schema.json" or (sample.head[:1] in b"{[ \t\r\n\xef" and b'"__loader__"' in sample.head)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    nodes = _nodes(sample.json, budget)
    first = next(nodes, None)
    if first is None:
        raise Unrecognized("no node names its loader")
    yield Capability.ALLOWED_IMPORTS
    yield from _node(*first)
    for path, node in nodes:
        yield from _node(path, node)


def _nodes(document: object, budget: Budget) -> Iterator[tuple[str, Node]]:
    """Every mapping that names a type or a loader, however deep; its depth is what the reader of JSON let through."""
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        path, value = waiting.pop()
        budget.spend_values()
        if isinstance(value, dict):
            if "__loader__" in value or {"__class__", "__module__"} <= set(value):
                yield path, value
            below = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
            waiting += [(where, item) for where, item in reversed(below) if isinstance(item, dict | list)]
        elif isinstance(value, list):
            waiting += [(f"{path}[{at}]", item) for at, item in enumerate(value) if isinstance(item, dict | list)]


def _text(node: Node, key: str) -> str:
    value = node.get(key)
    return value if isinstance(value, str) else ""


def _shown(path: str, node: Node) -> str:
    entries = [f"{key}: {value}" for key, value in node.items() if isinstance(value, str)]
    return f"{path or 'the root'}: {', '.join(entries)}"


def _node(path: str, node: Node) -> Iterator[Finding | Unread]:
    loader = _text(node, "__loader__")
    if loader and loader not in _LOADERS:
        yield Unread(f"{path}: the loader {loader[:100]!r} is none that is known")
    yield from _type(path, node, loader)
    if loader == "OperatorFuncNode":
        yield from _operator(path, node)
    elif loader == "MethodNode":
        yield from _method(path, node)
    elif loader == "RandomGeneratorNode":
        yield from _generator(path, node)
    content = node.get("content")
    if loader == "FunctionNode" and isinstance(content, dict):  # as skops had it before 0.5
        yield from _named(path, _text(content, "module_path"), _text(content, "function"), loader)


def _type(path: str, node: Node, loader: str) -> Iterator[Finding]:
    if loader in ("JsonNode", "CachedNode"):
        return  # neither makes its type
    if loader == "OperatorFuncNode" and _text(node, "__module__") == "operator":
        return
    yield from _named(path, _text(node, "__module__"), _text(node, "__class__"), loader)


def _named(path: str, module: str, name: str, loader: str) -> Iterator[Finding]:
    from entrepot.scan.imports import Tier, Use, is_standard, look_up

    if not module or not name:
        return
    known = look_up(module, name)
    shown = f"{path or 'the root'}: {loader or 'a node'} {module}.{name}"
    if known.tier is Tier.DANGEROUS:
        yield found("skops.type-dangerous", f"names {module}.{name}: {known.why}", evidence=shown)
    elif known.tier is Tier.GUARDED and not known.permits(Use.REFERENCE) and loader != "PartialNode":
        yield found(
            "skops.type-unlisted", f"names {module}.{name}, whose arguments decide what it does", evidence=shown
        )
    elif known.tier is Tier.UNLISTED and (is_standard(module) or not _seems_class(name) or loader not in _OBJECTS):
        yield found("skops.type-unlisted", f"names {module}.{name}: {known.why}", evidence=shown)
    elif known.tier in (Tier.UNKNOWN, Tier.UNLISTED):
        yield found("skops.type-unknown", f"names {module}.{name}", evidence=shown)


def _seems_class(name: str) -> bool:
    return name[:1].isupper() or name[:2].lstrip("_").isupper()


def _operator(path: str, node: Node) -> Iterator[Finding]:
    module, name = _text(node, "__module__"), _text(node, "__class__")
    if module != "operator" or name not in _OPERATORS:
        message = f"an operator's node that calls {module}.{name}: no file of skops has that"
        yield found("skops.forged-node", message, evidence=_shown(path, node))
    for value in _strings(node.get("attrs")):
        if name != "itemgetter" and _reaches(value):
            message = f"operator.{name} that reaches for {value}"
            yield found("skops.attribute", message, evidence=f"{path}: {name}({value!r})")


def _method(path: str, node: Node) -> Iterator[Finding]:
    content = node.get("content")
    if not isinstance(content, dict):
        return
    method, owner = _text(content, "func"), content.get("obj")
    if _reaches(method) or "." in method:
        yield found("skops.attribute", f"a method's node that reaches for {method}", evidence=_shown(path, content))
    if not isinstance(owner, dict):
        return
    declared = (_text(node, "__module__"), _text(node, "__class__"))
    real = (_text(owner, "__module__"), _text(owner, "__class__"))
    if real != declared and any(real) and owner.get("__loader__") != "CachedNode":
        message = f"a method's node that says it is of {'.'.join(declared)}, and takes it of {'.'.join(real)}"
        yield found("skops.forged-node", message, evidence=_shown(path, node))
    elif owner.get("__loader__") in ("MethodNode", "FunctionNode", "OperatorFuncNode"):
        message = f"takes the attribute {method} of a function, where methods belong to objects"
        yield found("skops.forged-node", message, evidence=_shown(path, node))


def _generator(path: str, node: Node) -> Iterator[Finding]:
    """The name of NumPy's bit generator stands as a mere text, and what it names is called."""
    state: object = node
    for key in ("content", "bit_generator", "content", "bit_generator", "content"):
        state = state.get(key) if isinstance(state, dict) else None
    if isinstance(state, str) and state.strip('"') not in _GENERATORS:
        message = f"a random generator's node that calls numpy.random.{state}"
        yield found("skops.forged-node", message, evidence=f"{path}: {state}")


def _strings(value: object) -> Iterator[str]:
    """The plain texts below a node, as JSON nodes hold them."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("__loader__") == "JsonNode" and isinstance(text := one.get("content"), str):
                yield text.strip('"')
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and "__" in one:
            yield one.strip('"')


def _reaches(name: str) -> bool:
    """Whether an attribute leads behind an object rather than to one of its methods."""
    parts = name.split(".")
    return any((part.startswith("__") and part != "__call__") or part in _BEHIND for part in parts)


FORMAT = Format(
    "skops",
    _recognize,
    _inspect,
    "skops",
    RunsCode.RARELY,
    "types that its nodes name, where the reader trusts them",
    (".skops",),
    firsts=b"{[ \t\r\n\xef",
    names=("schema.json",),
)
