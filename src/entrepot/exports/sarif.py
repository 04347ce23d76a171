"""SARIF 2.1.0 (OASIS), as code-scanning viewers read it: one result a finding, one rule a rule."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from entrepot.domain.report import Finding, Severity
from entrepot.domain.scanned import Scanned, ScannedFile
from entrepot.exports import Export, visible
from entrepot.scan.rules import Rule, rule

_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
# The bands in which GitHub's code scanning sorts findings of security.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def _render(scanned: Scanned, colors: bool) -> Iterator[str]:
    ids = sorted({finding.rule for _, finding in scanned.findings()})
    run = {
        "tool": {
            "driver": {
                "name": "entrepot",
                "semanticVersion": f"{scanned.scanner.rpartition(' ')[2]}.0.0",
                "rules": [_rule(rule(known)) for known in ids],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(scanned)],
        "artifacts": [_artifact(file) for file in scanned.files],
        "results": [
            _result(index, file, finding, ids)
            for index, file in enumerate(scanned.files)
            for finding in file.report.findings
        ],
    }
    yield json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)
    yield "\n"


def _rule(known: Rule) -> dict[str, object]:
    return {
        "id": known.id,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.consequence},
        "help": {"text": f"{known.consequence}\n\nWhat to do: {known.remediation}"},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
        "properties": {
            "security-severity": _SCORES[known.severity],
            "precision": {"low": "low", "medium": "medium", "high": "very-high"}[known.confidence],
            "tags": ["security", known.category.value],
        },
    }


def _result(index: int, file: ScannedFile, finding: Finding, ids: Sequence[str]) -> dict[str, object]:
    at = finding.location
    region: dict[str, object] = {"startLine": at.line or 1}
    if at.offset is not None and not at.member:
        region["byteOffset"] = at.offset
    message = visible(finding.message) + (f"\n\n{visible(finding.evidence)}" if finding.evidence else "")
    place: dict[str, object] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri(file.path), "index": index},
            "region": region,
        }
    }
    if at.member:
        place["logicalLocations"] = [{"fullyQualifiedName": visible(at.member), "kind": "member"}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [place],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint(file, finding)},
        "properties": {"confidence": finding.confidence.value, "category": finding.category.value},
    }


def fingerprint(file: ScannedFile, finding: Finding) -> str:
    """What stays the same about a finding from run to run, so that viewers can tell new ones from old ones."""
    known = "\0".join((file.path, finding.rule, finding.location.member, finding.message))
    return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _artifact(file: ScannedFile) -> dict[str, object]:
    shown: dict[str, object] = {"location": {"uri": uri(file.path)}, "length": file.report.size}
    if file.report.sha256:
        shown["hashes"] = {"sha-256": file.report.sha256}
    return shown


def _invocation(scanned: Scanned) -> dict[str, object]:
    notes = [(file, file.error) for file in scanned.files if file.error]
    notes += [(file, f"not read: {unread.reason}") for file in scanned.files for unread in file.report.unread]
    return {
        "executionSuccessful": not any(file.error for file in scanned.files),
        "startTimeUtc": scanned.began_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [
            {
                "level": "error" if file.error else "warning",
                "message": {"text": visible(text)},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(file.path)}}}],
            }
            for file, text in notes
        ],
    }


def uri(path: str) -> str:
    """The path as a URI reference (RFC 3986); what has a scheme already stays what it is."""
    if path.startswith(("http://", "https://", "hf://")):
        return quote(path, safe=":/?#[]@!$&'()*+,;=%")
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


EXPORT = Export("sarif", _render)
