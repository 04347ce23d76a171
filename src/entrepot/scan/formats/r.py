"""R's serialized objects and workspaces: `.rds`, `.RData`, `.rda`; data, and promises and functions among them."""

from collections.abc import Iterator

from entrepot.domain.report import Location
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_SUFFIXES = (".rds", ".rda", ".rdata")
_WORKSPACES = (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"RDB2\n", b"RDB3\n")
_STARTS = (b"X\n\0\0\0\2", b"X\n\0\0\0\3", b"A\n2\n", b"A\n3\n", b"B\n\2\0\0\0", b"B\n\3\0\0\0")
_MAX_TEXT = 1 << 20


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if head[:1] not in (b"X", b"A", b"B", b"R") or sample.opaque:
        return False
    if head.startswith(_STARTS):
        return True
    return head[:5] in _WORKSPACES or (sample.suffix in _SUFFIXES and head[:2] in (b"X\n", b"A\n", b"B\n"))


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.r.encodings import encoding
    from entrepot.scan.r.judging import Judge
    from entrepot.scan.r.reading import Reader

    at = 5 if sample.head[:5] in _WORKSPACES else 0
    if not sample.head.startswith(_STARTS, at):
        yield from _text(sample, at)
        raise Unreadable("begins like an object of R's and is none")
    stream = encoding(sample.source, budget, at)
    judge = Judge()
    try:
        Reader(stream, budget, judge).read()
    except Unreadable:
        yield from judge.take()
        raise
    yield from judge.take()
    yield from rest(sample.source, stream.at)


def _text(sample: Sample, at: int) -> Iterator[Found]:
    """R would refuse it; what somebody wrote as code in it is told all the same."""
    from entrepot.scan.pattern import Pattern

    text = sample.source.read(at, _MAX_TEXT).decode("latin-1")
    calls = Pattern(r"(?<![\w.$])(?:base::+)?(?:system2?|shell|pipe|dyn\.load|download\.file|eval\s*\(\s*parse)\s*\(")
    for match in calls.finditer(text):
        shown = text[match.start() : match.start() + 200]
        yield found("r.text", f"text that calls {match[0]}…", evidence=shown, at=Location(offset=at + match.start()))
        return


FORMAT = Format(
    "r",
    _recognize,
    _inspect,
    "R data",
    RunsCode.YES,
    "promises, closures",
    _SUFFIXES,
    firsts=b"XABR",
)
