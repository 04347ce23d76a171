"""Jupyter notebooks: what their cells run, and what their outputs do to whoever opens them."""

import base64
import binascii
from collections.abc import Iterator, Mapping

from entrepot.domain.report import Capability, Finding, Location
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource

MAX_CELLS = 20_000
_SHELL = Pattern(
    r"^\s*(?:(?:\w+\s*=\s*|%\w+\s+)?!{1,2}(.+)$|%(?:sx|system|sc|alias|bash|sh)\s+(.+)$|%((?:pip|conda|mamba|uv)\s+.+)$)"
)
_INSTALLS = Pattern(r"\b(?:pip3?|uv|conda|mamba)\b.{0,40}\binstall\b")
_SHELL_CELLS = ("%%bash", "%%sh", "%%script", "%%cmd", "%%system", "%%sx")
_OTHER_CELLS = (
    "%%javascript",
    "%%js",
    "%%html",
    "%%svg",
    "%%latex",
    "%%markdown",
    "%%writefile",
    "%%perl",
    "%%ruby",
    "%%R",
    "%%sql",
)


def _recognize(sample: Sample) -> bool:
    if sample.opaque or sample.head.lstrip()[:1] != b"{":
        return False
    return sample.suffix == ".ipynb" or (b'"cells"' in sample.head and b'"cell_type"' in sample.head)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    document = sample.json
    if not isinstance(document, dict):
        raise Unrecognized("no JSON document")
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):
        cells = [
            cell for sheet in document["worksheets"] if isinstance(sheet, dict) for cell in sheet.get("cells") or []
        ]
    if not isinstance(cells, list):
        raise Unrecognized("no cells")
    yield Capability.YES
    yield from _widgets(document, budget)
    for number, cell in enumerate(cells[:MAX_CELLS]):
        if isinstance(cell, dict):
            budget.spend_values()
            yield from _cell(cell, number)


def _cell(cell: Mapping[str, object], number: int) -> Iterator[Found]:
    from entrepot.scan.text.markup import markup, without_code

    name = f"cell {number + 1}"
    source = _text(cell.get("source", cell.get("input")))
    if cell.get("cell_type") == "code":
        yield from _code(source, name)
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            if isinstance(output, dict):
                yield from _output(output, f"{name} output")
    else:
        for finding in markup(source if cell.get("cell_type") == "raw" else without_code(source), 1):
            yield _placed(finding, name)
        yield from _attachments(cell.get("attachments"), name)


def _attachments(attached: object, name: str) -> Iterator[Found]:
    for file, kinds in attached.items() if isinstance(attached, dict) else ():
        for kind, text in kinds.items() if isinstance(kinds, dict) else ():
            if isinstance(text, str) and isinstance(kind, str):
                try:
                    data = base64.b64decode(text)
                except (binascii.Error, ValueError):
                    continue
                ending = ".svg" if "svg" in kind else ".html" if "html" in kind else ""
                yield Member(f"{name}!{file}{ending}", BytesSource(data), opaque=not ending)


def _widgets(document: Mapping[str, object], budget: Budget) -> Iterator[Finding]:
    """Findings of what widgets show, as it was saved."""
    from entrepot.scan.configs import entries
    from entrepot.scan.text.markup import markup

    metadata = document.get("metadata")
    for entry in entries(metadata.get("widgets") if isinstance(metadata, dict) else None, budget):
        value = entry.mapping.get("value")
        if isinstance(value, str) and "<" in value:
            yield from (_placed(finding, "widgets") for finding in markup(value, 1, is_output=True))


def _code(source: str, name: str) -> Iterator[Found]:
    from entrepot.scan.text.markup import markup, script

    first = source.lstrip().split("\n", 1)[0].split(" ")[0]
    if first in _SHELL_CELLS:
        yield from _commands(source.partition("\n")[2], name)
    elif first in ("%%javascript", "%%js"):
        yield from (_placed(finding, name) for finding in script(source, Location(line=1)))
    elif first in ("%%html", "%%svg"):
        yield from (_placed(finding, name) for finding in markup(source, 1))
    elif first not in _OTHER_CELLS:
        yield from _python(source, name)


def _python(source: str, name: str) -> Iterator[Found]:
    lines = source.split("\n")
    shell = [match for line in lines if (match := _SHELL.match(line))]
    yield from _commands("\n".join(match[1] or match[2] or match[3] for match in shell), name)
    # IPython's own lines are no Python; the rest keeps its line numbers.
    plain = "\n".join("" if line.lstrip().startswith(("!", "%", "?")) or _SHELL.match(line) else line for line in lines)
    if plain.strip():
        yield Member(name, BytesSource(plain.encode("utf-8", "replace")), ("cell",))


def _commands(text: str, name: str) -> Iterator[Finding]:
    from entrepot.scan.commands import hostile
    from entrepot.scan.packages import sources

    for number, line in enumerate(text.split("\n"), 1):
        if "://" in line and _INSTALLS.search(line):
            yield from sources(line.partition("#egg")[0], None, Location(name, line=number))
    for reason in hostile(text):
        message = reason.message.replace("the script", "a shell command", 1)
        yield found("notebook.shell", message, evidence=reason.evidence, at=Location(name, line=reason.location.line))


def _output(output: Mapping[str, object], name: str) -> Iterator[Found]:
    from entrepot.scan.text.markup import markup, script

    data = output.get("data", output)
    for kind, value in data.items() if isinstance(data, dict) else ():
        text = _text(value)
        if kind in ("text/html", "image/svg+xml", "html", "svg", "text/markdown", "text/latex", "latex"):
            yield from (_placed(finding, name) for finding in markup(text, 1, is_output=True))
        elif kind in ("application/javascript", "text/javascript", "javascript"):
            yield from (_placed(finding, name) for finding in script(text, Location(line=1)))


def _placed(finding: Finding, name: str) -> Finding:
    at = Location(name, line=finding.location.line)
    return found(finding.rule, finding.message, evidence=finding.evidence, at=at)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "".join(item for item in value if isinstance(item, str))
    return value if isinstance(value, str) else ""


FORMAT = Format(
    "notebook",
    _recognize,
    _inspect,
    "Jupyter notebook",
    RunsCode.YES,
    "its cells, and scripts in its outputs",
    (".ipynb",),
    firsts=b"{ \t\r\n\v\f",
)
