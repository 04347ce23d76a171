"""License expressions: `MIT OR (Apache-2.0 AND BSD-3-Clause)`, as ways to comply, within a budget."""

import re
from dataclasses import dataclass
from itertools import product
from typing import Any

from entrepot.domain.licensing import WITH, Alternatives
from entrepot.licenses.names import named, slug
from entrepot.licenses.spdx import grammar, kinds

MAX_EXPRESSION = 500
MAX_DEPTH = 16
MAX_ALTERNATIVES = 32

_OPERATOR = re.compile(r"(?i)(?:^|[\s)])(?:and|or|with)(?:$|[\s(])")


@dataclass(frozen=True, slots=True)
class Expression:
    """What an expression names: known ids, names that nobody knows, and ways to comply, made of both."""

    text: str
    ids: tuple[str, ...]
    unknown: tuple[str, ...]
    alternatives: Alternatives


def read(text: str) -> Expression | None:
    """The expression in this text, a single name included; None where it is none, or beyond the budget."""
    text = text.strip()
    if not text or len(text) > MAX_EXPRESSION:
        return None
    if found := named(text):
        return Expression(found, (found,), (), ((found,),))
    if not _OPERATOR.search(text) or _depth(text) > MAX_DEPTH:
        return None
    tree = _parsed(text)
    if tree is None:
        return None
    ids, unknown = _names(tree)
    return Expression(str(tree)[:MAX_EXPRESSION], ids, unknown, _alternatives(tree) or ((*ids, *unknown),))


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return deepest


def _parsed(text: str) -> Any:
    from boolean import ParseError
    from license_expression import ExpressionError

    try:
        return grammar().parse(text)
    except (ExpressionError, ParseError, AttributeError, IndexError, TypeError, ValueError):
        return None


def _names(tree: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    leaves = dict.fromkeys(leaf for symbol in tree.get_literals() for leaf in _leaves(symbol))
    ids = tuple(name for name, is_known in leaves if is_known)
    return ids, tuple(name for name, is_known in leaves if not is_known)


def _leaves(symbol: Any) -> list[tuple[str, bool]]:
    """The names at one end of the tree, and whether they are known."""
    exception = getattr(symbol, "exception_symbol", None)
    if exception is None:
        return [_named(symbol)]
    name, is_known = _named(symbol.license_symbol)
    kind = kinds().get(str(exception.key).casefold())
    if is_known and kind and kind.is_exception:
        return [(f"{name}{WITH}{kind.id}", True)]
    # What nobody knows as an exception may as well take permissions away: it is a license to be allowed by itself.
    return [(name, is_known), (f"exception-{slug(str(exception.key))}", False)]


def _named(symbol: Any) -> tuple[str, bool]:
    found = named(str(symbol.key))
    return (found, True) if found else (slug(str(symbol.key)), False)


def _alternatives(tree: Any) -> Alternatives | None:
    """The ways to comply; None where they are too many to write out."""
    if getattr(tree, "isliteral", False):
        return (tuple(name for name, _ in _leaves(tree)),)
    parts = []
    for argument in tree.args:
        part = _alternatives(argument)
        if part is None:
            return None
        parts.append(part)
    if tree.operator.strip() == "OR":
        found = [alternative for part in parts for alternative in part]
    else:
        size = 1
        for part in parts:
            size *= len(part)
            if size > MAX_ALTERNATIVES:
                return None
        found = [tuple(dict.fromkeys(name for one in way for name in one)) for way in product(*parts)]
    unique = tuple(dict.fromkeys(found))
    return unique if len(unique) <= MAX_ALTERNATIVES else None
