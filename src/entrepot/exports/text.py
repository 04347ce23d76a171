"""Text for people: what was found in which file, what was not read, and one line that sums it up."""

from collections import Counter
from collections.abc import Iterator

from entrepot.domain.report import Finding, Severity, Verdict
from entrepot.domain.scanned import Scanned, ScannedFile
from entrepot.exports import Export, visible
from entrepot.scan.rules import rule

_PAINT = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Verdict.MALICIOUS: "1;31",
    Verdict.SUSPICIOUS: "33",
    Verdict.UNKNOWN: "35",
    Verdict.CLEAN: "32",
}
_MAX_EVIDENCE = 400
_MAX_UNREAD = 5


def _render(scanned: Scanned, colors: bool) -> Iterator[str]:
    for file in scanned.files:
        if file.report.findings or file.report.unread or file.error:
            yield from _file(file, colors)
    yield from _summary(scanned, colors)


def _file(file: ScannedFile, colors: bool) -> Iterator[str]:
    report = file.report
    kinds = ", ".join(report.formats) or "no known format"
    yield f"{visible(file.path)}: {_painted(report.verdict, colors)} ({kinds}; read: {report.coverage}; "
    yield f"can run code on loading: {report.capability})\n"
    for finding in report.findings:
        yield from _finding(finding, colors)
    if file.error:
        yield f"  not looked at: {visible(file.error)}\n"
    for unread in report.unread[:_MAX_UNREAD]:
        where = f" in {visible(unread.member)}" if unread.member else ""
        place = "" if unread.offset is None else f" at byte {unread.offset}"
        yield f"  not read{where}{place}: {visible(unread.reason)}\n"
    if len(report.unread) > _MAX_UNREAD:
        yield f"  not read: {len(report.unread) - _MAX_UNREAD} more places\n"
    yield "\n"


def _finding(finding: Finding, colors: bool) -> Iterator[str]:
    at = finding.location
    places = [visible(at.member)] if at.member else []
    places += [f"{word} {value}" for word, value in (("line", at.line), ("byte", at.offset)) if value is not None]
    where = f"  [{', '.join(places)}]" if places else ""
    yield f"  {_painted(finding.severity, colors):8}  {finding.rule}  {visible(finding.message)}{where}\n"
    for line in finding.evidence[:_MAX_EVIDENCE].splitlines():
        yield f"            | {visible(line)}\n"
    yield f"            → {rule(finding.rule).remediation}\n"


def _summary(scanned: Scanned, colors: bool) -> Iterator[str]:
    verdicts = Counter(file.report.verdict for file in scanned.files)
    counts = [f"{count} {_painted(verdict, colors)}" for verdict in reversed(Verdict) if (count := verdicts[verdict])]
    yield f"{len(scanned.files)} file{'' if len(scanned.files) == 1 else 's'}: {', '.join(counts) or 'nothing'}"
    if scanned.fetched is not None:
        size = sum(file.report.size for file in scanned.files)
        yield f"; {scanned.fetched:,} bytes fetched of {size:,}"
    yield "\n"


def _painted(word: Severity | Verdict, colors: bool) -> str:
    return f"\x1b[{_PAINT[word]}m{word}\x1b[0m" if colors else word.value


EXPORT = Export("text", _render, shows_digests=False)
