"""Programs that torch.export saved: a graph in JSON whose names and formulas its loader turns into calls."""

import json
from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.operators import FILES, NAMESPACES, NETWORK
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

MAX_SHOWN = 20
MAX_DEPTH = 200
_TARGET = Pattern(
    r"torch\.ops\.(\w+)\.(\w+)(?:\.\w+)?|_operator\.(?!attrgetter|methodcaller|call|setitem|delitem)[a-z]+_?|math\.[a-z0-9]+|torch\._?sym_\w+|#\w+:[\w.]+|[\w]+"
)
_FORMULA = Pattern(r"[\w\s+\-*/%(),<>=!&|~^.]*")
_NO_FORMULA = Pattern(
    r"__|\.\s*[A-Za-z_]|\b(?:lambda|import|eval|exec|open|getattr|compile|globals|locals|vars|input)\b"
)
_FUNCTION = Pattern(r"([A-Za-z_]\w*)\s*\(")
_KNOWN_FUNCTION = Pattern(r"[A-Z]\w*|floor|ceiling|sqrt|log2?|exp|a?(?:sin|cos|tan)h?|abs|sign|OpaqueUnaryFn_\w+")
_NO_GUARD = Pattern(
    r"__|\b(?:lambda|import|eval|exec|open|getattr|setattr|compile|globals|locals|vars|input|os|sys|subprocess|builtins)\b"
)
_FORMULAS = ("expr_str", "as_expr")
_FACTORIES = ("builtins", "collections", None)


def _recognize(sample: Sample) -> bool:
    head = sample.head
    return head[:1] == b"{" and b'"graph_module"' in head and not sample.opaque


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    if sample.json is None:
        yield Unread("a program that is no JSON, or too long")
        return
    for shown, (rule, message) in enumerate(_walk(sample.json, budget)):
        if shown < MAX_SHOWN:
            yield found(rule, message, evidence=message)


def _walk(value: object, budget: Budget) -> Iterator[tuple[str, str]]:
    """Every name and formula in the program, whatever stands around it."""
    waiting: list[tuple[object, str, int]] = [(value, "", 0)]
    while waiting:
        budget.spend_values()
        item, key, depth = waiting.pop()
        if isinstance(item, dict):
            waiting.extend((inner, str(name), depth) for name, inner in item.items())
        elif isinstance(item, list):
            waiting.extend((inner, key, depth) for inner in item)
        elif isinstance(item, str):
            yield from _judge(key, item)
            if (key in ("in_spec", "out_spec") and depth < MAX_DEPTH) or (key == "context" and item[:1] in "[{"):
                waiting.append((_spec(item), "", depth + 1))


def _spec(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _judge(key: str, text: str) -> Iterator[tuple[str, str]]:
    if key == "target":
        yield from _judge_target(text)
    elif key in _FORMULAS and not _is_formula(text):
        yield "torch.export-formula", f"the loader evaluates a formula that is none: {text}"
    elif key == "guards_code" and _NO_GUARD.search(text):
        yield "torch.export-formula", f"the loader evaluates a guard that is none: {text}"
    elif key == "default_factory_module" and text not in _FACTORIES:
        yield "torch.export-target", f"the loader imports the module {text}"


def _judge_target(target: str) -> Iterator[tuple[str, str]]:
    match = _TARGET.fullmatch(target)
    if match is None:
        yield "torch.export-target", f"the program calls something that is no operator: {target}"
    elif match[2] in FILES or match[2] in NETWORK:
        yield "torch.script-files", f"the program reads or writes files: {target}"
    elif match[1] and match[1] not in NAMESPACES:
        yield "torch.script-operator", f"the program calls an unknown operator: {target}"


def _is_formula(text: str) -> bool:
    if not _FORMULA.fullmatch(text) or _NO_FORMULA.search(text):
        return False
    return all(_KNOWN_FUNCTION.fullmatch(match[1]) for match in _FUNCTION.finditer(text))


FORMAT = Format(
    "torch-export",
    _recognize,
    _inspect,
    "a torch.export program",
    RunsCode.RARELY,
    "names and formulas",
    firsts=b"{",
)
