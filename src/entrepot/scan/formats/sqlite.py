"""SQLite's databases: tables, and views and triggers that call functions when they are used."""

from collections.abc import Iterator

from entrepot.domain.report import Location
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import pieces

_MAGIC = b"SQLite format 3\0"
MAX_SIZE = 1 << 30
_OVERLAP = 4096
_CALLS = Pattern(
    r"(?i)CREATE\s+(?:TEMP(?:ORARY)?\s+)?(?:TRIGGER|VIEW|INDEX|TABLE|UNIQUE)\b[^\0]{0,2000}?"
    r"\b(load_extension|writefile|readfile|edit|fts3_tokenizer|fileio_write|eval|system)\s*\("
)


def _recognize(sample: Sample) -> bool:
    return sample.head[:16] == _MAGIC and not sample.opaque


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: of most files nobody needs what follows pickles.
    from entrepot.scan.inside import pickles

    yield from pickles(sample.source, budget)
    before, at = b"", 0
    for piece in pieces(sample.source, 0, MAX_SIZE):
        budget.check_time()
        data = before + piece
        if b"CREATE " in data or b"create " in data:
            for match in _CALLS.finditer(data.decode("latin-1")):
                place = Location(offset=at - len(before) + match.start())
                message = f"a view, trigger or table that calls {match[1]}"
                yield found("sqlite.function", message, evidence=match[0], at=place)
        at, before = at + len(piece), piece[-_OVERLAP:]


FORMAT = Format(
    "sqlite",
    _recognize,
    _inspect,
    "SQLite",
    RunsCode.RARELY,
    "functions in views and triggers",
    (".sqlite", ".sqlite3", ".db"),
    firsts=b"S",
)
