"""What one run of the scanner says of many files."""

from collections.abc import Sequence
from datetime import datetime

from entrepot.domain.report import Finding, Report, Severity
from entrepot.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A file and its report; `path` is as it was given, joined with what is below it."""

    path: str
    report: Report
    error: str | None = None
    """Why the file could not be looked at at all: it can't be opened, or the scanner failed on it."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """All files of a run, in the order that they were found in."""

    scanner: str
    began_at: datetime
    files: Sequence[ScannedFile]
    fetched: int | None = None
    """Bytes that were fetched over the network, where something was."""

    def findings(self, least: Severity = Severity.LOW) -> list[tuple[ScannedFile, Finding]]:
        """The findings of at least that severity, with their files."""
        return [
            (file, finding)
            for file in self.files
            for finding in file.report.findings
            if finding.severity.rank >= least.rank
        ]
