"""Is it dangerous? Bytes in, report out: nothing is executed, imported or unpickled.

from entrepot.scan import scan_file, scan_bytes, Scanner

report = scan_file("model.pt")
report.verdict, report.coverage, report.findings
"""

import os

from entrepot.domain.report import (
    Capability,
    Category,
    Confidence,
    Coverage,
    Finding,
    Location,
    Report,
    Severity,
    Unread,
    Verdict,
)
from entrepot.scan.budget import Limits
from entrepot.scan.engine import SCANNER, Scanner
from entrepot.scan.source import BytesSource, FileSource, Source

__all__ = [
    "SCANNER",
    "BytesSource",
    "Capability",
    "Category",
    "Confidence",
    "Coverage",
    "FileSource",
    "Finding",
    "Limits",
    "Location",
    "Report",
    "Scanner",
    "Severity",
    "Source",
    "Unread",
    "Verdict",
    "scan_bytes",
    "scan_file",
]


def scan_file(path: str | os.PathLike[str], scanner: Scanner | None = None) -> Report:
    """The report on a file of this machine. Raises `OSError` where it can't be opened."""
    with FileSource(path) as source:
        return (scanner or Scanner()).scan(os.fspath(path), source)


def scan_bytes(data: bytes, name: str = "", scanner: Scanner | None = None) -> Report:
    """The report on bytes; `name`, if there is one, is a hint."""
    return (scanner or Scanner()).scan(name, BytesSource(data))
