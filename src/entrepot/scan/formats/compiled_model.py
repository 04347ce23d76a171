"""Models compiled for one accelerator: TensorRT engines, Rockchip's. Most of what they hold is not public: the parts
that are get looked at, and programs, harmful pickles and commands are looked for in the rest."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source, Window

_SUFFIXES = (".engine", ".plan", ".trt", ".rknn")
_ENGINES = (b"ptrt", b"ftrt", b"trtp")
_ROCKCHIP = (b"RKNN", b"CYPTRKNN")
_HEADER, _OLD_HEADER = 24, 64
MAX_TEXT = 16 << 20
_MAX_VERSION = 1000
_COMMAND = Pattern(
    r"\b(?:os\.(?:system|popen|exec\w*)|subprocess\.\w+|__import__|importlib\.import_module|eval|exec)\s*\("
    r"|\b(?:powershell|cmd)(?:\.exe)?\s+[-/][a-zA-Z]|/bin/(?:ba)?sh\s+-c|\bexecv[pe]*\s+/bin/"
    r"|(?i:\b(?:curl|wget)\s+(?:-\S+\s+)*https?://)"
)


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or len(head) < 8:
        return False
    return head[:4] in _ENGINES or head.startswith(_ROCKCHIP)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    if sample.head[:4] in _ENGINES:
        yield from _engine(sample.source, budget)
    else:
        yield from _rockchip(sample.source, budget)


def _engine(source: Source, budget: Budget) -> Iterator[Found]:
    for one in _hidden(source, budget):
        if one.rule == "executable.in-model":
            # An engine may hold its plugins' libraries, and a runtime of its own; whoever loads it has to say yes.
            yield found("executable.native", one.message, evidence=one.evidence, at=one.location)
        else:
            yield one
    yield Unread("a TensorRT engine, whose inside is not public")


def _rockchip(source: Source, budget: Budget) -> Iterator[Found]:
    """A header, the secret part, the length of a description, the description."""
    yield from _hidden(source, budget)
    head = source.read(0, _HEADER)
    version, size = (int.from_bytes(head[at : at + 8], "little") for at in (8, 16))
    begin = _HEADER if version > 1 else _OLD_HEADER
    if 0 < version < _MAX_VERSION and begin + size + 8 <= source.size:
        told = int.from_bytes(source.read(begin + size, 8), "little")
        start = begin + size + 8
        yield Member("description.json", Window(source, start, told))
        if start + told < source.size:
            yield Member("trailing", Window(source, start + told, source.size))
    yield Unread("a Rockchip model, whose inside is not public")


def _hidden(source: Source, budget: Budget) -> Iterator[Finding]:
    from entrepot.scan.inside import inside

    yield from inside(source, budget, "a compiled model")
    text = source.read(0, MAX_TEXT).decode("latin-1")
    if match := _COMMAND.search(text):
        message = f"commands inside a compiled model: {match[0]}"
        yield found("executable.commands", message, evidence=text[match.start() : match.start() + 200].split("\0")[0])


FORMAT = Format(
    "compiled-model",
    _recognize,
    _inspect,
    "a compiled model",
    RunsCode.RARELY,
    "plugins and kernels",
    _SUFFIXES,
    firsts=b"pftRC",
)
