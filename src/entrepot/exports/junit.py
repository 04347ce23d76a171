"""JUnit XML, as CI servers show it: one test case a file; findings are failures, what could not be read is an error."""

from collections.abc import Iterator

from entrepot.domain.report import Coverage
from entrepot.domain.scanned import Scanned, ScannedFile
from entrepot.exports import Export, visible


def _render(scanned: Scanned, colors: bool) -> Iterator[str]:
    failures = sum(bool(file.report.findings) for file in scanned.files)
    errors = sum(file.error is not None and not file.report.findings for file in scanned.files)
    began = scanned.began_at.strftime("%Y-%m-%dT%H:%M:%S")
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="entrepot scan" tests="{len(scanned.files)}" failures="{failures}" errors="{errors}">\n'
    yield f' <testsuite name="{_escaped(scanned.scanner)}" tests="{len(scanned.files)}" failures="{failures}" '
    yield f'errors="{errors}" timestamp="{began}">\n'
    for file in scanned.files:
        yield from _case(file)
    yield " </testsuite>\n</testsuites>\n"


def _case(file: ScannedFile) -> Iterator[str]:
    report = file.report
    yield f'  <testcase classname="entrepot.scan" name="{_escaped(file.path)}">\n'
    if report.findings:
        lines = "\n".join(
            f"{found.severity} {found.rule} {found.location.member} {found.message}\n{found.evidence}".rstrip()
            for found in report.findings
        )
        yield f'   <failure type="{report.findings[0].rule}" message="{report.verdict}: '
        yield f'{_escaped(report.findings[0].message)}">{_lines(lines)}</failure>\n'
    elif file.error:
        yield f'   <error type="error" message="{_escaped(file.error)}"/>\n'
    if report.coverage is not Coverage.FULL:
        reasons = "\n".join(f"not read: {unread.member} {unread.reason}" for unread in report.unread)
        yield f"   <system-out>{_lines(reasons)}</system-out>\n"
    yield "  </testcase>\n"


def _escaped(text: str) -> str:
    # XML 1.0 has no way to write most control characters, not even as references.
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _lines(text: str) -> str:
    return "\n".join(_escaped(line) for line in text.splitlines())


EXPORT = Export("junit", _render, shows_digests=False)
