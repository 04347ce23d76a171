"""Caffe's networks: layers in Python, which the network names by module and class."""

import re
from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.embedded import commands
from entrepot.scan.pattern import Pattern
from entrepot.scan.protobuf import View
from entrepot.scan.rules import found

_TOKEN = Pattern(r"#[^\n]*|(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|([A-Za-z_]\w*)|([{}<>:])|[^\s\w\"'#]|\w+|[\"']")
_LAYERS, _OLD_LAYERS, _PYTHON = 100, 2, 130


def python_layer(module: str, name: str, parameter: str, offset: int) -> Iterator[Finding]:
    """Findings of a layer that is a class of a Python module."""
    from entrepot.scan.imports import Tier, is_standard, look_up

    shown = f"from {module} import {name}; {name}({parameter!r})"
    known = look_up(module, name)
    if known.tier is Tier.DANGEROUS or is_standard(module):
        message = f"a layer that is {module}.{name}: no layer, and it runs what it is given"
        yield found("caffe.python-harmful", message, evidence=shown, at=Location(offset=offset))
    else:
        message = f"a layer that is the Python class {module}.{name}"
        yield found("caffe.python-layer", message, evidence=shown, at=Location(offset=offset))
    yield from commands(parameter, "a layer's parameter", offset)


def binary(view: View) -> Iterator[Finding]:
    """Findings of a network with its weights. Raises `Unreadable`."""
    for field in view.fields():
        if isinstance(field.value, int) or field.number not in (_LAYERS, _OLD_LAYERS):
            continue
        for inner in field.view.fields():
            if inner.number == _PYTHON and not isinstance(inner.value, int) and field.number == _LAYERS:
                python = inner.view
                yield from python_layer(python.named(1), python.named(2), python.named(3), python.start)


def text(source: str, budget: Budget) -> Iterator[Finding]:
    """Findings of a network as text: `python_param { module: "…" layer: "…" }` anywhere. Raises `Unreadable`."""
    path: list[str] = []
    last, fields = "", dict[str, str]()
    start = 0
    for match in _TOKEN.finditer(source):
        budget.spend_values()
        token = match[0]
        if token in ("{", "<"):
            path.append(last)
            if last == "python_param":
                fields, start = {}, match.start()
        elif token in ("}", ">"):
            if not path:
                raise Unreadable("a brace that closes and never opened")
            if path.pop() == "python_param":
                yield from python_layer(
                    fields.get("module", ""), fields.get("layer", ""), fields.get("param_str", ""), start
                )
        elif match[1] and path and path[-1] == "python_param":
            fields[last] = fields.get(last, "") + _unescaped(token[1:-1])
        elif match[2]:
            last = token


def _unescaped(text: str) -> str:
    return re.sub(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", _character, text, flags=re.S)


def _character(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    return chr(int(code, 8) & 255) if code[0] in "01234567" else code
