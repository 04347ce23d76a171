"""A call, what it calls and when; how one shows it."""

import ast
from dataclasses import dataclass

from entrepot.domain.report import Finding, Location
from entrepot.scan.python.folding import Names, folded_text
from entrepot.scan.python.harm import Harm
from entrepot.scan.python.reach import When
from entrepot.scan.rules import found

_LONGEST = 1000
WORDS = {
    When.ON_IMPORT: "when the file is imported",
    When.BY_LOADER: "in a function that loaders call",
    When.ASKED: "in a function",
}
"""When something happens, for messages."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A call, what it calls and when."""

    call: ast.Call
    name: str
    when: When
    harm: Harm | None


def shown(rule: str, one: Seen, message: str, decoded: str | None = None) -> Finding:
    """A finding of a call, with what a text in it decodes to."""
    source = evidence_of(one.call)
    evidence = source + (f"\n= {decoded}" if decoded and decoded not in source else "")
    return found(rule, message, evidence=evidence, at=Location(line=one.call.lineno))


def evidence_of(node: ast.AST) -> str:
    """The node as source."""
    try:
        return ast.unparse(node)[:_LONGEST]
    except RecursionError:
        return "…"


def first_text(call: ast.Call, constants: Names) -> str | None:
    """The first argument, where it is a text that is known."""
    return folded_text(call.args[0], constants) if call.args else None


def mode(call: ast.Call, constants: Names) -> str:
    """How a call of open opens: the first letter of its mode."""
    given = call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "mode"), None)
    return (folded_text(given, constants) or "r")[:1]
