"""What our scanner says of files, in the two places where clients of the Hub look for it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from entrepot.domain.names import FilePath
from entrepot.domain.report import Report, Verdict
from entrepot.operations.forecast import Outlook

_WORDS = {
    Verdict.CLEAN: "safe",
    Verdict.UNKNOWN: "caution",
    Verdict.SUSPICIOUS: "suspicious",
    Verdict.MALICIOUS: "unsafe",
}
"""The Hub's words for verdicts; what was not read in full is no reason to feel safe."""
_SAFETY = {"low": "innocuous", "medium": "suspicious", "high": "dangerous", "critical": "dangerous"}
_IMPORT = re.compile(r"\b([A-Za-z_]\w*(?:\.\w+)*)\.([A-Za-z_]\w*)")
MAX_IMPORTS = 100


def of_package(ahead: Mapping[FilePath, Outlook]) -> dict[str, Any]:
    """`securityRepoStatus`: whether every file was looked at, and those that are worth a second look."""
    issues = [
        {"path": path.text, "level": _WORDS[known.report.verdict]}
        for path, known in ahead.items()
        if known.report is not None and known.report.verdict is not Verdict.CLEAN
    ]
    return {"scansDone": all(known.report is not None for known in ahead.values()), "filesWithIssues": issues}


def of_file(known: Outlook) -> dict[str, Any]:
    """`securityFileStatus`: clients require the keys `status`, `avScan` and `pickleImportScan`."""
    report = known.report
    if report is None:
        return {"status": "unscanned", "avScan": None, "pickleImportScan": None, "entrepotScan": None}
    word = _WORDS[report.verdict]
    scan = {"status": word, "message": _message(report), "version": report.scanner}
    imports = list(_imports(report))[:MAX_IMPORTS]
    return {
        "status": word,
        "avScan": {"status": word},
        "pickleImportScan": {"status": word, "pickleImports": imports} if imports else None,
        "entrepotScan": scan,
    }


def _message(report: Report) -> str:
    if report.findings:
        return "; ".join(dict.fromkeys(f"{finding.rule}: {finding.message}" for finding in report.findings))[:1000]
    if report.unread:
        return f"not read: {report.unread[0].reason}"[:1000]
    return "nothing found"


def _imports(report: Report) -> Iterator[dict[str, str]]:
    for finding in report.findings:
        if finding.rule.startswith("pickle.") and (named := _IMPORT.search(finding.evidence or finding.message)):
            yield {"module": named[1], "name": named[2], "safety": _SAFETY[finding.severity.value]}
