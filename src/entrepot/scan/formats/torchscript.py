"""TorchScript sources: PyTorch's own language, whose operators can do harm although it is no Python."""

from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.operators import FILES, NAMESPACES, NETWORK
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

MAX_SIZE = 32 << 20
MAX_SHOWN = 20
_OPERATOR = Pattern(r"\bops\s*\.\s*(\w+)\s*\.\s*(\w+)")
_BUILTIN = Pattern(
    r"\b(?:torch|aten)\s*\.\s*(\w+)\s*\(|\.\s*(from_file)\b|getattr\(\s*(?:torch|ops)\b[^)\n]*[\"'](\w+)[\"']"
)
_CALL = Pattern(r"\b(rpc_async|rpc_sync|rpc_remote)\s*\(")
_PYTHON = Pattern(
    r"(?m)^[ \t]*(?:import[ \t]+(?!__torch__)\w+|from[ \t]+(?!__torch__)[\w.]+[ \t]+import\b)"
    r"|\b(?:eval|exec|__import__)\("
)


def _recognize(_: Sample) -> bool:
    """Never by itself: a source is TorchScript by where it stands in its archive."""
    return False


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    data = sample.source.read(0, MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        yield Unread("a source that is too long", MAX_SIZE)
    # The language lets a line go on behind a backslash, and spaces stand around each dot.
    text = data.decode("utf-8", "replace").replace("\\\r\n", " ").replace("\\\n", " ")
    for shown, (rule, message, at) in enumerate(_judged(text)):
        if shown < MAX_SHOWN:
            line = text.count("\n", 0, at) + 1
            yield found(rule, message, evidence=text[at : at + 200].split("\n")[0], at=Location(line=line))


def _judged(text: str) -> Iterator[tuple[str, str, int]]:
    for match in _OPERATOR.finditer(text):
        space, name = match[1], match[2]
        if name in FILES:
            yield "torch.script-files", f"TorchScript reads or writes files: {space}::{name}", match.start()
        elif name in NETWORK:
            yield "torch.script-network", f"TorchScript calls other machines: {space}::{name}", match.start()
        elif space not in NAMESPACES:
            yield "torch.script-operator", f"TorchScript calls an unknown operator: {space}::{name}", match.start()
    for match in _BUILTIN.finditer(text):
        name = match[1] or match[2] or match[3]
        if name in FILES:
            yield "torch.script-files", f"TorchScript reads or writes files: aten::{name}", match.start()
    for match in _CALL.finditer(text):
        yield "torch.script-network", f"TorchScript calls other machines: {match[1]}", match.start()
    for match in _PYTHON.finditer(text):
        yield "torch.script-python", f"Python where TorchScript should be: {match[0].strip()}", match.start()


FORMAT = Format(
    "torchscript",
    _recognize,
    _inspect,
    "TorchScript",
    RunsCode.YES,
    "its own language and operators",
    firsts=b"",
)
