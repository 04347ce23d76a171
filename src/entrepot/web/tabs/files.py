"""Files: the tree with verdicts and sizes, and one file with a safe look at its beginning."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.responses import Response

from entrepot.domain.content import File
from entrepot.domain.errors import EntrepotError, FileNotFound
from entrepot.domain.report import Report, Verdict
from entrepot.operations.exhibit import Exhibit, last_changes, outlook
from entrepot.operations.preview import preview
from entrepot.web.tables import Column, export, sheet
from entrepot.web.tabs import Tab, Values
from entrepot.web.visit import Visit

_WORST = (Verdict.MALICIOUS, Verdict.SUSPICIOUS, Verdict.UNKNOWN, Verdict.CLEAN)
MOST_DATED = 50
"""Of longer pages no last commits are looked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """A file, or a folder with what all that is in it adds up to."""

    name: str
    path: str
    size: int
    verdict: Verdict
    files: int = 0
    """How many files a folder has; 0 for a file."""
    file: File | None = None


COLUMNS: tuple[Column[Line], ...] = (
    Column("name", lambda line: line.name),
    Column("path", lambda line: line.path),
    Column("size", lambda line: line.size),
    Column("verdict", lambda line: line.verdict.value),
    Column("sha256", lambda line: line.file.lfs.hex if line.file and line.file.lfs else ""),
    Column("git", lambda line: line.file.oid.hex if line.file else ""),
)

TREE: Column[Line] = Column("tree", lambda line: f"{'b' if line.file else 'a'} {line.name}")
"""Folders first."""


@dataclass(frozen=True, slots=True)
class Dated:
    """When what stands there was last changed, and by which commit."""

    commit: str
    title: str
    at: datetime


@dataclass(slots=True)
class _Folder:
    size: int = 0
    files: int = 0
    verdicts: set[Verdict] = field(default_factory=set)


async def _show(visit: Visit, shown: Exhibit) -> Values | Response:
    path = visit.asked("path").strip("/")
    file = shown.file(path)
    if file is not None:
        return await _one(visit, shown, file)
    lines = _lines(shown, path)
    if not lines and path:
        raise FileNotFound(f"{shown.package.name.id} has nothing at {path[:300]!r} in {shown.revision.commit.hex[:12]}")
    if answer := export(visit, "files", lines, COLUMNS):
        return answer
    table = sheet(visit, lines, (*COLUMNS, TREE), TREE.name)
    rows = table.rows if len(table.rows) <= MOST_DATED else []
    changes = await last_changes(shown, path, [line.path for line in rows])
    dates = {path: Dated(one.commit.hex, one.title, one.date) for path, one in changes.items()}
    return {"file": None, "path": path, "table": table, "dates": dates, "most_dated": MOST_DATED, "above": _above(path)}


def _lines(shown: Exhibit, folder: str) -> list[Line]:
    prefix = f"{folder}/" if folder else ""
    folders: dict[str, _Folder] = {}
    lines: list[Line] = []
    for file in shown.files:
        text = file.path.text
        if not text.startswith(prefix):
            continue
        name, _, rest = text[len(prefix) :].partition("/")
        verdict = _verdict(shown.reports.get(file.path))
        if not rest:
            lines.append(Line(name, text, file.size, verdict, file=file))
            continue
        into = folders.setdefault(name, _Folder())
        into.size, into.files = into.size + file.size, into.files + 1
        into.verdicts.add(verdict)
    return [
        *(
            Line(name, prefix + name, one.size, next(word for word in _WORST if word in one.verdicts), one.files)
            for name, one in sorted(folders.items())
        ),
        *lines,
    ]


def _verdict(report: Report | None) -> Verdict:
    return report.verdict if report else Verdict.UNKNOWN


def _above(path: str) -> Sequence[tuple[str, str]]:
    parts = path.split("/") if path else []
    return [(part, "/".join(parts[: number + 1])) for number, part in enumerate(parts)]


async def _one(visit: Visit, shown: Exhibit, file: File) -> Values:
    known = await outlook(visit.registry, shown, file)
    found, error = None, None
    try:
        found = await preview(visit.registry, shown, file) if visit.asked("preview") != "no" else None
    except EntrepotError as refusal:
        error = refusal
    above = _above(file.path.text)
    return {"file": file, "path": file.path.text, "known": known, "found": found, "error": error, "above": above}


TAB = Tab("files", "Files", 20, _show)
