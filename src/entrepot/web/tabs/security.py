"""Security: what the scanner says of each file, with the evidence, and what it could not read."""

from dataclasses import dataclass

from starlette.responses import Response

from entrepot.domain.content import File
from entrepot.domain.errors import FileNotFound
from entrepot.domain.report import Finding, Report
from entrepot.operations.disassemble import disassembled
from entrepot.operations.exhibit import Exhibit, outlook
from entrepot.operations.explain import explained
from entrepot.operations.forecast import Outlook
from entrepot.web.tables import Column, export, sheet
from entrepot.web.tabs import Tab, Values
from entrepot.web.visit import Visit

MOST_FINDINGS = 5
"""Findings of one file in the list of files; its own page has all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A file and its report; None where nobody has looked at it yet."""

    file: File
    report: Report | None

    @property
    def rank(self) -> int:
        """How urgent it is to look at: malicious first, then what was not read, clean last."""
        if self.report is None:
            return 1
        worst = max((finding.severity.rank for finding in self.report.findings), default=-1)
        return worst + 2 if worst >= 1 else 0 if self.report.verdict.value == "clean" else 1

    @property
    def findings(self) -> list[Finding]:
        """What was found, the worst first."""
        return sorted(self.report.findings, key=lambda one: -one.severity.rank) if self.report else []


COLUMNS: tuple[Column[Judged], ...] = (
    Column("path", lambda one: one.file.path.text),
    Column("verdict", lambda one: one.report.verdict.value if one.report else "not inspected"),
    Column("coverage", lambda one: one.report.coverage.value if one.report else "none"),
    Column("runs_code", lambda one: one.report.capability.value if one.report else ""),
    Column("findings", lambda one: len(one.report.findings) if one.report else 0),
    Column("rules", lambda one: " ".join(sorted({found.rule for found in one.findings}))),
    Column("urgency", lambda one: one.rank),
)


async def _show(visit: Visit, shown: Exhibit) -> Values | Response:
    path = visit.asked("path")
    if path:
        return await _one(visit, shown, path)
    rows = [Judged(file, shown.reports.get(file.path)) for file in shown.files]
    if answer := export(visit, "security", rows, COLUMNS):
        return answer
    table = sheet(visit, rows, COLUMNS, "-urgency")
    rules = explained([finding.rule for row in table.rows for finding in row.findings[:MOST_FINDINGS]])
    counts: dict[str, int] = {}
    for row in rows:
        word = row.report.verdict.value if row.report else "not inspected"
        counts[word] = counts.get(word, 0) + 1
    return {"file": None, "table": table, "rules": rules, "counts": counts, "most": MOST_FINDINGS}


async def _one(visit: Visit, shown: Exhibit, path: str) -> Values:
    file = shown.file(path)
    if file is None:
        raise FileNotFound(f"{shown.package.name.id} has no file {path[:300]!r}")
    known: Outlook = await outlook(visit.registry, shown, file)
    judged = Judged(file, known.report)
    apart = await disassembled(visit.registry, file, known.report) if known.report else []
    return {
        "file": file,
        "judged": judged,
        "known": known,
        "apart": {one.member: one.lines for one in apart},
        "rules": explained([finding.rule for finding in judged.findings]),
    }


TAB = Tab("security", "Security", 50, _show)
