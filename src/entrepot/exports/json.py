"""JSON for programs: a versioned schema, published in docs/scan-report.schema.json."""

import json
from collections.abc import Iterator

from entrepot.domain.report import Coverage, Finding, Unread, Verdict
from entrepot.domain.scanned import Scanned, ScannedFile
from entrepot.exports import Export
from entrepot.scan.rules import rule

SCHEMA = "entrepot-scan/1"
"""Grows by new members only; a change of what is there gets another number."""


def _render(scanned: Scanned, colors: bool) -> Iterator[str]:
    began = scanned.began_at.isoformat(timespec="seconds")
    yield f'{{"schema": {_text(SCHEMA)}, "scanner": {_text(scanned.scanner)}, "began_at": {_text(began)}, "files": ['
    for number, file in enumerate(scanned.files):
        yield (",\n" if number else "\n") + _text(_file(file))
    yield f'\n], "summary": {_text(_summary(scanned))}}}\n'


def _text(value: object) -> str:
    # In ASCII, since half a surrogate could not be written otherwise; on one line, since the fast encoder can't indent.
    return json.dumps(value, ensure_ascii=True)


def _file(file: ScannedFile) -> dict[str, object]:
    report = file.report
    shown: dict[str, object] = {
        "path": file.path,
        "sha256": report.sha256,
        "size": report.size,
        "formats": list(report.formats),
        "verdict": report.verdict,
        "coverage": report.coverage,
        "can_run_code": report.capability,
        "bytes_read": report.bytes_read,
        "findings": [_finding(finding) for finding in report.findings],
        "unread": [_unread(unread) for unread in report.unread],
    }
    if file.error:
        shown["error"] = file.error
    return shown


def _finding(finding: Finding) -> dict[str, object]:
    at = finding.location
    known = rule(finding.rule)
    return {
        "rule": finding.rule,
        "title": known.title,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "category": finding.category,
        "location": {"member": at.member, "offset": at.offset, "opcode": at.opcode, "line": at.line},
        "message": finding.message,
        "evidence": finding.evidence,
        "consequence": known.consequence,
        "remediation": known.remediation,
    }


def _unread(unread: Unread) -> dict[str, object]:
    return {"reason": unread.reason, "member": unread.member, "offset": unread.offset, "size": unread.size}


def _summary(scanned: Scanned) -> dict[str, object]:
    reports = [file.report for file in scanned.files]
    return {
        "files": len(reports),
        "findings": sum(len(report.findings) for report in reports),
        "verdicts": {verdict.value: sum(report.verdict is verdict for report in reports) for verdict in Verdict},
        "coverage": {coverage.value: sum(report.coverage is coverage for report in reports) for coverage in Coverage},
        "errors": sum(file.error is not None for file in scanned.files),
        "bytes_read": sum(report.bytes_read for report in reports),
        "bytes_fetched": scanned.fetched,
    }


EXPORT = Export("json", _render)
