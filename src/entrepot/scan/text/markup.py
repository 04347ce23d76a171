"""HTML, SVG and Markdown that act on their reader: scripts, handlers, frames, links that run."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.text import around, at

_ANY = Pattern(
    r"(?i)<\s*(?:script|iframe|object|embed|svg|img|body|form|meta|link|base|math|video|audio|details|input|a|div|style)\b|on\w+\s*="
)
_SCRIPT = Pattern(r"(?i)<script\b([^>]{0,2000})>((?:(?!</script)[\s\S]){0,200000})")
_HANDLER = Pattern(
    r"""(?i)<[a-z][^<>]{0,1000}?[\s"'/]on[a-z]{3,20}\s*=\s*(?:"([^"]{0,2000})"|'([^']{0,2000})'|([^\s>]{1,500}))"""
)
_LINK = Pattern(
    r"""(?i)(?:href|src|action|formaction|xlink:href|data)\s*=\s*["']?\s*(?:javascript|vbscript)\s*:([^"'>]{0,500})"""
)
_FRAME = Pattern(
    r"""(?i)<(?:iframe|object|embed)\b[^>]{0,500}(?:srcdoc|src|data)\s*=\s*["']?\s*(data:text/html[^"'>]{0,300}|https?://[^"'\s>]{1,300})"""
)
_REFRESH = Pattern(r"(?i)<meta\b[^>]{0,200}http-equiv\s*=\s*[\"']?refresh[^>]{0,300}url\s*=")
# What a page of results has no reason to do: run cells, read cookies, send, leave its frame, hide what it runs.
_REACHES = Pattern(
    r"(?i)(?:Jupyter|IPython)\.notebook\.(?:kernel|execute|get_cell|insert_cell)|kernel\.execute|requestExecute|"
    r"document\.cookie|localStorage|sessionStorage|window\.(?:parent|top|opener)\b|(?:parent|top)\.(?:document|postMessage|location)|"
    r"\beval\s*\(|\bFunction\s*\(|\batob\s*\(|String\.fromCharCode|document\.write\s*\(|XMLHttpRequest|\bfetch\s*\(|"
    r"navigator\.sendBeacon|new\s+(?:WebSocket|Image|Worker)\b|importScripts|\.src\s*=|location\s*(?:\.href\s*)?=|alert\s*\(|/api/(?:kernels|contents|terminals)"
)
_LIBRARY = Pattern(
    r"(?i)plotly|bokeh|vega|altair|holoviews|require\.config|mathjax|widgets|d3\.|google\.colab|tqdm|pyvis|leaflet|folium"
)


def markup(text: str, first_line: int, *, is_output: bool = False) -> Iterator[Finding]:
    """Findings of the family `markup`; `is_output` where plotting libraries leave scripts of their own."""
    if not _ANY.search(text):
        return
    for match in _SCRIPT.finditer(text):
        body = match[2]
        reaches = _REACHES.search(body)
        if is_output and (not reaches or _LIBRARY.search(text)) and not _runs_cells(body):
            continue
        evidence = around(body, *reaches.span()) if reaches else body[:300] or match[1]
        yield found(
            "markup.script",
            "a script that whoever shows the text runs",
            evidence=evidence,
            at=at(text, match.start(), first_line),
        )
    for pattern, message in (
        (_HANDLER, "an element that runs script when something happens to it"),
        (_LINK, "a link that runs script"),
        (_FRAME, "a frame with a page of its own"),
        (_REFRESH, "a page that leads elsewhere by itself"),
    ):
        met = pattern.search(text)
        if met and not (is_output and _LIBRARY.search(text) and not _REACHES.search(met[0])):
            yield found("markup.active", message, evidence=met[0][:500], at=at(text, met.start(), first_line))


def _runs_cells(script: str) -> bool:
    return _CELLS.search(script) is not None


_CELLS = Pattern(
    r"(?i)notebook\.kernel|kernel\.execute|requestExecute|execute_cell|document\.cookie|/api/(?:kernels|terminals|contents)"
)


def script(text: str, where: Location) -> Iterator[Finding]:
    """Findings of a text that is JavaScript as a whole, as a notebook's output can be."""
    reaches = _REACHES.search(text)
    if reaches and (_runs_cells(text) or not _LIBRARY.search(text)):
        yield found(
            "markup.script",
            "a script that whoever shows the text runs",
            evidence=around(text, *reaches.span()),
            at=where,
        )
