"""Models compiled for one accelerator: TensorRT engines, Rockchip's. What they hold is not public;
programs and commands in them are looked for."""

from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.budget import Budget
from entrepot.scan.executables import is_elf
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import pieces

_SUFFIXES = (".engine", ".plan", ".trt", ".rknn")
_OVERLAP = 4096
_FIRSTS = b"ptR"
_ELF = 64
MAX_SIZE = 1 << 30
MAX_SHOWN = 5
_COMMAND = Pattern(
    r"\b(?:os\.(?:system|popen|exec\w*)|subprocess\.\w+|__import__|importlib\.import_module|eval|exec)\s*\("
    r"|\b(?:powershell|cmd)(?:\.exe)?\s+[-/][a-zA-Z]|/bin/(?:ba)?sh\s+-c|\bexecv[pe]*\s+/bin/"
    r"|(?i:\b(?:curl|wget)\s+(?:-\S+\s+)*https?://)"
)


def _kind(head: bytes) -> str:
    if head[:4] in (b"ptrt", b"trtp"):
        return "a TensorRT engine"
    if head[:4] == b"RKNN":
        return "a Rockchip model"
    return ""


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or len(head) < 8:
        return False
    return head[:1] in _FIRSTS and bool(_kind(head))


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    last, at, shown = b"", 0, 0
    for piece in pieces(sample.source, 0, MAX_SIZE):
        data = last + piece
        for rule, message, place in _hidden(data):
            if shown < MAX_SHOWN and (place >= len(last) or not last):
                shown += 1
                evidence = data[place : place + 200].split(b"\0")[0].decode("latin-1")
                yield found(rule, message, evidence=evidence, at=Location(offset=at - len(last) + place))
        at, last = at + len(piece), data[-_OVERLAP:]
    yield Unread(f"{_kind(sample.head)}, whose inside is not public")


def _hidden(data: bytes) -> Iterator[tuple[str, str, int]]:
    place = data.find(b"\x7fELF")
    while place >= 0:
        if is_elf(data[place : place + _ELF], opaque=True):
            yield "executable.in-model", "a program for Linux inside a compiled model", place
        place = data.find(b"\x7fELF", place + 4)
    for match in _COMMAND.finditer(data.decode("latin-1")):
        yield "executable.commands", f"commands inside a compiled model: {match[0]}", match.start()


FORMAT = Format(
    "compiled-model",
    _recognize,
    _inspect,
    "a compiled model",
    RunsCode.RARELY,
    "plugins and kernels",
    _SUFFIXES,
    firsts=_FIRSTS,
)
