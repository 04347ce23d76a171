"""Jupyter notebooks: what their cells run, and what their outputs do to whoever opens them."""

from collections.abc import Iterator, Mapping

from entrepot.domain.report import Capability, Finding, Location
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource

MAX_CELLS = 20_000
_SHELL = Pattern(r"^\s*(?:\w+\s*=\s*)?!(.+)$|^\s*%(?:sx|system|sc)\s+(.+)$")
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
    for number, cell in enumerate(cells[:MAX_CELLS]):
        if isinstance(cell, dict):
            budget.spend_values()
            yield from _cell(cell, number)


def _cell(cell: Mapping[str, object], number: int) -> Iterator[Found]:
    from entrepot.scan.text.markup import markup

    name = f"cell {number + 1}"
    source = _text(cell.get("source", cell.get("input")))
    if cell.get("cell_type") == "code":
        yield from _code(source, name)
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            if isinstance(output, dict):
                yield from _output(output, f"{name} output")
    else:
        for finding in markup(source, 1):
            yield _placed(finding, name)


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
    yield from _commands("\n".join(match[1] or match[2] for match in shell), name)
    # IPython's own lines are no Python; the rest keeps its line numbers.
    plain = "\n".join("" if line.lstrip().startswith(("!", "%", "?")) or _SHELL.match(line) else line for line in lines)
    if plain.strip():
        yield Member(name, BytesSource(plain.encode("utf-8", "replace")), ("cell",))


def _commands(text: str, name: str) -> Iterator[Finding]:
    from entrepot.scan.commands import hostile

    for reason in hostile(text):
        message = reason.message.replace("the script", "a shell command", 1)
        yield found("notebook.shell", message, evidence=reason.evidence, at=Location(name, line=reason.location.line))


def _output(output: Mapping[str, object], name: str) -> Iterator[Found]:
    from entrepot.scan.text.markup import markup, script

    data = output.get("data", output)
    for kind, value in data.items() if isinstance(data, dict) else ():
        text = _text(value)
        if kind in ("text/html", "image/svg+xml", "html", "svg", "text/markdown"):
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
