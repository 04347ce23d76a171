"""One HTML page that needs nothing else: no script, no link to load, and everything a stranger wrote escaped."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from entrepot.domain.report import Finding, Verdict
from entrepot.domain.scanned import Scanned, ScannedFile
from entrepot.exports import Export, visible
from entrepot.scan.rules import rule

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--red:#b3261e;--amber:#8a5a00;--green:#1b6e3c;--violet:#6d3fb0}
@media(prefers-color-scheme:dark){:root{--red:#ff8a80;--amber:#ffcf70;--green:#7ddc9f;--violet:#cdb4ff}}
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem}h2{font-size:1.05rem;overflow-wrap:anywhere;margin:0}
section{border-top:1px solid var(--line);padding:1rem 0}
ul{padding-left:1.2rem}li{margin:.6rem 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:.6rem;border-radius:.4rem;max-height:20rem;overflow:auto}
.malicious,.critical,.high{color:var(--red);font-weight:600}.suspicious,.medium{color:var(--amber);font-weight:600}
.clean,.low{color:var(--green)}.unknown{color:var(--violet);font-weight:600}
small,.note{opacity:.8;overflow-wrap:anywhere}
table{border-collapse:collapse}td,th{padding:.2rem 1rem .2rem 0;text-align:left}
"""


def _render(scanned: Scanned, colors: bool) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield '<meta name="viewport" content="width=device-width"><title>Scan of models: entrepot</title>'
    yield f"<style>{_STYLE}</style></head><body>\n"
    yield from _head(scanned)
    worrying = [file for file in scanned.files if file.report.findings or file.report.unread or file.error]
    for file in sorted(worrying, key=lambda file: -list(Verdict).index(file.report.verdict)):
        yield from _file(file)
    quiet = [file for file in scanned.files if file not in worrying]
    if quiet:
        yield f"<section><details><summary>{len(quiet)} files read in full, nothing found</summary><ul>"
        yield from (f"<li>{_shown(file.path)}</li>" for file in quiet)
        yield "</ul></details></section>\n"
    yield "</body></html>\n"


def _head(scanned: Scanned) -> Iterator[str]:
    counts = Counter(file.report.verdict for file in scanned.files)
    yield f"<h1>{len(scanned.files)} files scanned</h1><p><small>{_shown(scanned.scanner)}, "
    yield f"{scanned.began_at:%Y-%m-%d %H:%M} UTC. Only what was read in full is called clean.</small></p><table>"
    for verdict in reversed(Verdict):
        yield f'<tr><th class="{verdict}">{verdict}</th><td>{counts[verdict]}</td></tr>'
    yield "</table>\n"


def _file(file: ScannedFile) -> Iterator[str]:
    report = file.report
    yield f"<section><h2>{_shown(file.path)}</h2><p><span class={report.verdict.value!r}>{report.verdict}</span> · "
    yield f"{_shown(', '.join(report.formats) or 'no known format')} · read: {report.coverage} · "
    yield f"can run code on loading: {report.capability}"
    yield f"<br><small>SHA-256 {report.sha256}</small></p>" if report.sha256 else "</p>"
    yield "<ul>"
    for finding in report.findings:
        yield from _finding(finding)
    yield "</ul>"
    if file.error:
        yield f"<p class=note>Not looked at: {_shown(file.error)}</p>"
    for unread in report.unread[:50]:
        yield f"<p class=note>Not read: {_shown(unread.member)} {_shown(unread.reason)}</p>"
    yield "</section>\n"


def _finding(finding: Finding) -> Iterator[str]:
    at = finding.location
    known = rule(finding.rule)
    place = [f"byte {at.offset}"] if at.offset is not None else []
    place += [f"line {at.line}"] if at.line is not None else []
    yield f"<li><span class={finding.severity.value!r}>{finding.severity}</span> <code>{finding.rule}</code> "
    yield f"{_shown(finding.message)} <small>{_shown(at.member)} {' '.join(place)}</small>"
    if finding.evidence:
        yield f"<pre>{'<br>'.join(_shown(line) for line in finding.evidence.splitlines())}</pre>"
    yield f"<p class=note>{escape(known.consequence)} <b>What to do:</b> {escape(known.remediation)}</p></li>"


def _shown(text: str) -> str:
    return escape(visible(text))


EXPORT = Export("html", _render)
