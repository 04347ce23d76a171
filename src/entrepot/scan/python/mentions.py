"""What code does with dangerous functions besides calling them, and with folders and variables that matter."""

import ast
from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.python.calls import WORDS, evidence_of
from entrepot.scan.python.folding import folded_text, rough_text
from entrepot.scan.python.harm import HANDED_ON, LAST_NAMES, Harm, harm_of
from entrepot.scan.python.names import Scope
from entrepot.scan.python.places import changes_start, is_precious
from entrepot.scan.python.reach import Reached, When
from entrepot.scan.rules import found


def mentioned(one: Reached, scope: Scope) -> Iterator[Finding]:
    """A dangerous function that is handed on, or kept under another name: not called here, but somewhere."""
    node = one.node
    if isinstance(node, ast.Assign):
        yield from _set(node, one.when, scope)
        return
    last = getattr(node, "attr", getattr(node, "id", ""))
    if one.when is When.ASKED or not (last in LAST_NAMES or last in scope.harmful or isinstance(node, ast.Subscript)):
        return
    name = (scope.dotted(node) or "").removeprefix("builtins.")
    if isinstance(getattr(node, "ctx", None), ast.Load) and name in HANDED_ON:
        message = f"{name} is handed on {WORDS[one.when]}, for somebody else to call"
        yield found("python.handed-on", message, evidence=evidence_of(node), at=Location(line=node.lineno))  # type: ignore[attr-defined]


def sweep(loop: ast.For, when: When, scope: Scope) -> Iterator[Finding]:
    """A loop over a folder that matters, which deletes."""
    if isinstance(loop.iter, ast.Call) and is_precious(
        rough_text(loop.iter.args[0] if loop.iter.args else None, scope.constants)
    ):
        for node in ast.walk(loop):
            if isinstance(node, ast.Call) and harm_of(scope.dotted(node.func) or "") is Harm.REMOVE:
                evidence = evidence_of(loop)
                message = f"deletes what it finds in a folder of the user or the system {WORDS[when]}"
                yield found("python.removal-on-import", message, evidence=evidence, at=Location(line=loop.lineno))
                return


def _set(node: ast.Assign, when: When, scope: Scope) -> Iterator[Finding]:
    for target in node.targets:
        if isinstance(target, ast.Subscript) and scope.dotted(target.value) == "os.environ":
            name = folded_text(target.slice, scope.constants) or ""
            if when is not When.ASKED and changes_start(f"os.environ.{name}", None, {}):
                message = f"sets {name}, which makes later programs load code, {WORDS[when]}"
                yield found("python.persistence", message, evidence=evidence_of(node), at=Location(line=node.lineno))
