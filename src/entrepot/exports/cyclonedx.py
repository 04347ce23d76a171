"""CycloneDX 1.6 (ECMA-424): the files as components, the findings as vulnerabilities that affect them."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime

from entrepot.domain.report import Severity
from entrepot.domain.scanned import Scanned, ScannedFile
from entrepot.exports import Export, visible
from entrepot.scan.rules import rule

_MODELS = frozenset(
    ("pickle", "torch", "safetensors", "gguf", "onnx", "keras", "hdf5", "tflite", "savedmodel", "skops", "joblib")
)


def _render(scanned: Scanned, colors: bool) -> Iterator[str]:
    references = {id(file): f"file-{number}" for number, file in enumerate(scanned.files)}
    whole = document(scanned.began_at, scanned.scanner) | {
        "components": [_component(file, references[id(file)]) for file in scanned.files],
        "vulnerabilities": [
            _vulnerability(rule_id, scanned, references)
            for rule_id in sorted({finding.rule for _, finding in scanned.findings()})
        ],
    }
    yield json.dumps(whole, indent=1)
    yield "\n"


def document(made_at: datetime, version: str) -> dict[str, object]:
    """What every document of ours begins with; `version` is the scanner's, or the program's."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "entrepot", "version": version}]},
        },
    }


def _component(file: ScannedFile, reference: str) -> dict[str, object]:
    report = file.report
    shown: dict[str, object] = {
        "type": "machine-learning-model" if _MODELS & set(report.formats) else "file",
        "bom-ref": reference,
        "name": visible(file.path),
        "properties": [
            {"name": f"entrepot:{name}", "value": value}
            for name, value in (
                ("verdict", report.verdict.value),
                ("coverage", report.coverage.value),
                ("can_run_code", report.capability.value),
                ("formats", ", ".join(report.formats)),
                ("size", str(report.size)),
            )
        ],
    }
    if report.sha256:
        shown["hashes"] = [{"alg": "SHA-256", "content": report.sha256}]
    return shown


def _vulnerability(rule_id: str, scanned: Scanned, references: dict[int, str]) -> dict[str, object]:
    known = rule(rule_id)
    met = [(file, finding) for file, finding in scanned.findings() if finding.rule == rule_id]
    details = [
        f"{visible(file.path)} {visible(finding.location.member)}: {visible(finding.message)}" for file, finding in met
    ]
    severity: Severity = known.severity
    return {
        "bom-ref": rule_id,
        "id": rule_id,
        "source": {"name": "entrepot"},
        "ratings": [{"severity": severity.value, "method": "other"}],
        "description": f"{known.title}. {known.consequence}",
        "detail": "\n".join(details[:50]),
        "recommendation": known.remediation,
        "affects": [{"ref": ref} for ref in sorted({references[id(file)] for file, _ in met})],
    }


EXPORT = Export("cyclonedx", _render)
