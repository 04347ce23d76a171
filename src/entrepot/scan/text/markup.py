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
_DATA_SCRIPT = Pattern(
    r"(?i)type\s*=\s*[\"']?(?:application/(?:ld\+)?json|text/(?:x-)?(?:template|mathjax|math)|math/tex)"
)
_SOURCE = Pattern(r"""(?i)\bsrc\s*=\s*["']?\s*((?:https?:)?//[^\s"'>]{3,300})""")
_HANDLER = Pattern(
    r"""(?i)<[a-z][^<>]{0,1000}?[\s"'/](on[a-z]{3,20})\s*=\s*(?:"([^"]{0,2000})"|'([^']{0,2000})'|([^\s>]{1,500}))"""
)
# What happens without anybody's doing, and what scripts of plots put there.
_BY_ITSELF = Pattern(
    r"(?i)on(?:load|error|toggle|focus|focusin|begin|end|start|animation\w*|transition\w*|pageshow|wheel|scroll|pointer\w+|mouse\w+|message|hashchange|canplay|play)"
)
_SETS_ITSELF = Pattern(r"(?i)\s*(?:(?:this|self|document\.body)(?:\.\w+)+\s*=\s*[^;()]{0,200};?\s*)+")
_LINK = Pattern(
    r"""(?i)(?:href|src|formaction|xlink:href|data)\s*=\s*["']?\s*(?:javascript|vbscript)\s*:([^"'>]{0,500})|\\href\s*\{\s*javascript:"""
)
_FRAME = Pattern(
    r"""(?i)<(?:iframe|object|embed)\b[^>]{0,500}?\b(src|data)\s*=\s*["']?\s*(data:text/html[^"'>]{0,300}|(?:https?:)?//[^"'\s>]{1,300})"""
)
_INNER_PAGE = Pattern(r"""(?i)<iframe\b[^>]{0,500}?\bsrcdoc\s*=\s*(?:"([^"]{0,200000})|'([^']{0,200000}))""")
_REFRESH = Pattern(r"(?i)<meta\b[^>]{0,200}http-equiv\s*=\s*[\"']?refresh[^>]{0,300}url\s*=")
_ASKS_PASSWORD = Pattern(
    r"(?i)<form\b[^>]{0,500}\baction\s*=\s*[\"']?(?:https?:)?//[\s\S]{0,2000}?<input\b[^>]{0,300}type\s*=\s*[\"']?password"
)
_KNOWN_FRAMES = Pattern(
    r"(?i)^(?:https?:)?//(?:[\w-]+\.)*(?:youtube(?:-nocookie)?\.com|youtu\.be|vimeo\.com|gradio\.(?:live|app)|hf\.space|huggingface\.co|wandb\.ai|"
    r"colab\.research\.google\.com|docs\.google\.com|drive\.google\.com|google\.com|kaggle\.com|github\.(?:com|io)|codepen\.io|observablehq\.com|plotly\.com|"
    r"plot\.ly|streamlit\.app|bilibili\.com|loom\.com|spotify\.com|soundcloud\.com|datawrapper\.de|dwcdn\.net|twitter\.com|x\.com|tensorboard\.dev|"
    r"neptune\.ai|comet\.(?:com|ml)|modelscope\.cn|openstreetmap\.org|localhost|127\.0\.0\.1|0\.0\.0\.0)(?:[:/?]|$)"
)
_KNOWN_SCRIPTS = Pattern(
    r"(?i)^(?:https?:)?//(?:[\w-]+\.)*(?:plot\.ly|cloudflare\.com|jsdelivr\.net|unpkg\.com|jquery\.com|d3js\.org|googleapis\.com|gstatic\.com|bokeh\.org|"
    r"pydata\.org|bootstrapcdn\.com|mathjax\.org|googletagmanager\.com|google-analytics\.com|google\.com|fontawesome\.com|github\.io|githubusercontent\.com|"
    r"cloudflareinsights\.com|holoviz\.org|amazonaws\.com|gradio\.app|huggingface\.co|polyfill\.io|youtube\.com|tailwindcss\.com|skypack\.dev|esm\.sh|"
    r"datatables\.net|highcharts\.com|wandb\.ai|twitter\.com|microsoft\.com|aspnetcdn\.com|localhost|127\.0\.0\.1)(?:[:/?]|$)"
)
_NUMBER_HOST = Pattern(r"(?i)^(?:https?:)?//(?!127\.|10\.|192\.168\.|0\.)\d{1,3}(?:\.\d{1,3}){3}(?:[:/]|$)")
# What no page of results does: run cells, take what the browser keeps, run what it hides, send elsewhere.
_STEALS = Pattern(
    r"(?i)(?:kernel|notebook)\s*\.\s*(?:execute(?:_cell\w*|_all_cells)?|requestExecute)\s*\(|requestExecute|kernel\.execute|execute_cells?\b|"
    r"document\.cookie|/api/(?:kernels|contents|terminals|sessions)\b|(?:eval|Function)\s*\(\s*(?:window\.)?(?:atob|unescape|decodeURIComponent|String\.fromCharCode)|"
    r"(?:fetch|sendBeacon|importScripts|new\s+WebSocket)\s*\(\s*[\"'`](?:https?:|wss?:)?//(?!(?:[\w-]+\.)*(?:jsdelivr\.net|unpkg\.com|cloudflare\.com|plot\.ly|"
    r"githubusercontent\.com|github\.io|huggingface\.co|googleapis\.com|localhost|127\.0\.0\.1))|"
    r"new\s+Image\s*\([^)]*\)\s*\.\s*src\s*=|\.src\s*=\s*[\"'`](?:https?:)?//[^\"'`]*[\"'`]\s*\+|\.open\s*\(\s*[\"'](?:GET|POST)[\"']\s*,\s*[\"'`](?:https?:)?//(?!localhost|127\.)|"
    r"(?:localStorage|sessionStorage)[\s\S]{0,300}(?:fetch|sendBeacon|XMLHttpRequest)|(?:fetch|sendBeacon|XMLHttpRequest)[\s\S]{0,300}(?:localStorage|sessionStorage)"
)
# How Bokeh ends the server of a plot that is removed.
_BOKEH = Pattern(r"notebook\.kernel\.execute\(cmd_(?:clean|destroy)\b")
_REACHES = Pattern(
    r"(?i)\balert\s*\(|\beval\s*\(|\bnew\s+Function\s*\(|\batob\s*\(|String\.fromCharCode|document\.write|importScripts|"
    r"navigator\.sendBeacon|new\s+(?:WebSocket|Image|Worker)\b|location\s*(?:\.href\s*)?=|localStorage|sessionStorage|"
    r"(?:window\.)?(?:parent|top|opener)\.(?:document|postMessage|location)|import\s*\("
)
_SHORT = 300
"""Characters of a script that does nothing but show that it runs."""
_FENCE = Pattern(r"(?ms)^([ \t>]*)(```+|~~~+)[^\n]*\n.*?(?:^[ \t>]*\2[ \t]*$|\Z)|(?<!`)(`+)(?!`)[^\n]*?(?<!`)\3(?!`)")


def without_code(text: str) -> str:
    """Markdown without its blocks of code, which are shown and not run; lines keep their numbers."""
    return _FENCE.compiled().sub(lambda match: "\n" * match[0].count("\n"), text)


def markup(text: str, first_line: int, *, is_output: bool = False, is_page: bool = False) -> Iterator[Finding]:
    """Findings of the family `markup`; `is_output` where plotting libraries leave scripts of their own, as in what
    notebooks show; `is_page` where all kinds of scripts are in place."""
    is_output = is_output or is_page
    if not _ANY.search(text) and not _LINK.search(text):
        return
    for match in _SCRIPT.finditer(text):
        if _DATA_SCRIPT.search(match[1]):
            continue
        reason = _harmful(match[2], is_page) if is_output else match[2][:_SHORT] or match[1] or "script"
        source = _SOURCE.search(match[1])
        if source and _is_odd(source[1], is_page):
            reason = source[0]
        if reason is not None:
            message = "a script that whoever shows the text runs"
            yield found("markup.script", message, evidence=reason, at=at(text, match.start(), first_line))
    yield from _active(text, first_line, is_output=is_output, is_page=is_page)


def _is_odd(place: str, is_page: bool) -> bool:
    """Whether a script comes from a place that has no libraries; a page may have scripts of its own site."""
    if is_page:
        return _NUMBER_HOST.search(place) is not None
    return place.startswith("http:") or not _KNOWN_SCRIPTS.search(place)


def _active(text: str, first_line: int, *, is_output: bool, is_page: bool) -> Iterator[Finding]:
    for match in _HANDLER.finditer(text):
        body = match[2] or match[3] or match[4] or ""
        if _acts(match[1], body, is_output, is_page):
            message = "an element that runs script when something happens to it"
            yield found("markup.active", message, evidence=match[0][:500], at=at(text, match.start(), first_line))
            break
    for pattern, message in (
        (_LINK, "a link that runs script"),
        (_REFRESH, "a page that leads elsewhere by itself"),
        (_ASKS_PASSWORD, "a form that sends a password elsewhere"),
    ):
        if met := pattern.search(text):
            yield found("markup.active", message, evidence=met[0][:500], at=at(text, met.start(), first_line))
    for match in _FRAME.finditer(text):
        if not _KNOWN_FRAMES.search(match[2]) and (not is_page or match[2].startswith(("data:", "http:"))):
            message = "a frame with a page of its own"
            yield found("markup.active", message, evidence=match[0][:500], at=at(text, match.start(), first_line))
            break
    for match in _INNER_PAGE.finditer(text):
        page = (
            (match[1] or match[2])
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", '"')
            .replace("&#39;", "'")
        )
        for finding in markup(page.replace("srcdoc", ""), first_line, is_output=True):
            yield finding
            break


def _acts(event: str, body: str, is_output: bool, is_page: bool) -> bool:
    """Whether what an element does on an event is more than to change how it looks."""
    if not body.strip() or _SETS_ITSELF.fullmatch(body):
        return False
    if _STEALS.search(body) or (not is_page and _REACHES.search(body)):
        return True
    return not is_output and _BY_ITSELF.fullmatch(event) is not None


def _harmful(script: str, is_page: bool = False) -> str | None:
    """What a script does that no plot does, with the words around it."""
    plain = _BOKEH.compiled().sub("", script)
    if met := _STEALS.search(plain):
        return around(plain, *met.span())
    if not is_page and len(plain) < _SHORT and (met := _REACHES.search(plain)):
        return around(plain, *met.span())
    return None


def script(text: str, where: Location) -> Iterator[Finding]:
    """Findings of a text that is JavaScript as a whole, as a notebook's output can be."""
    if (reason := _harmful(text)) is not None:
        yield found("markup.script", "a script that whoever shows the text runs", evidence=reason, at=where)
