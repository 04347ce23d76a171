"""Reports as JSON and back: how they are kept, and how a process that scans hands them over."""

import json
import re
from typing import Any

from entrepot.domain.errors import Invalid
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
)

_RULE = re.compile(r"[A-Za-z0-9._-]{1,120}")
"""What can be the name of a rule; it becomes a row of a table and a part of addresses."""


def dump(report: Report) -> bytes:
    """The report as JSON."""
    shape = {
        "scanner": report.scanner,
        "coverage": report.coverage,
        "formats": list(report.formats),
        "findings": [_of_finding(finding) for finding in report.findings],
        "unread": [[one.reason, one.offset, one.size, one.member] for one in report.unread],
        "capability": report.capability,
        "size": report.size,
        "sha256": report.sha256,
        "bytes_read": report.bytes_read,
    }
    # What a file contains may be no text at all; it is kept all the same, and escaped where it is shown.
    return json.dumps(shape, separators=(",", ":")).encode()


def _of_finding(finding: Finding) -> list[object]:
    at = finding.location
    place = [at.member, at.offset, at.opcode, at.line]
    return [
        finding.rule,
        finding.severity,
        finding.confidence,
        finding.category,
        place,
        finding.message,
        finding.evidence,
    ]


def load(data: bytes) -> Report:
    """The report again; raises `Invalid` for anything else: whoever scanned hostile bytes is not believed blindly."""
    try:
        said = json.loads(data)
        return Report(
            scanner=_text(said["scanner"]),
            coverage=Coverage(said["coverage"]),
            formats=tuple(_text(name) for name in said["formats"]),
            findings=tuple(_finding(line) for line in said["findings"]),
            unread=tuple(
                Unread(_text(reason), _number(offset), _number(size), _text(member))
                for reason, offset, size, member in said["unread"]
            ),
            capability=Capability(said["capability"]),
            size=_number(said["size"]) or 0,
            sha256=None if said["sha256"] is None else _text(said["sha256"]),
            bytes_read=_number(said["bytes_read"]) or 0,
        )
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise Invalid(f"this is no report of the scanner: {error}") from error


def _finding(line: Any) -> Finding:
    rule, severity, confidence, category, place, message, evidence = line
    member, offset, opcode, at_line = place
    return Finding(
        _rule(rule),
        Severity(severity),
        Confidence(confidence),
        Category(category),
        Location(_text(member), _number(offset), _number(opcode), _number(at_line)),
        _text(message),
        _text(evidence),
    )


def _rule(value: object) -> str:
    text = _text(value)
    if _RULE.fullmatch(text) is None:
        raise ValueError(f"{text[:120]!r} is no rule")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError(f"{value!r} is no whole number")
    return value
