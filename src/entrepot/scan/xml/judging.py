"""A document from its first tag to its last: comments and CDATA are passed, declarations and tags are looked at."""

import re
from collections.abc import Iterator

from entrepot.domain.report import Capability, Finding, Location
from entrepot.scan.budget import Budget
from entrepot.scan.embedded import commands
from entrepot.scan.rules import found
from entrepot.scan.xml.doctype import doctype, judged, leads_out

MAX_SHOWN = 20
# No quantifier runs past the next "<", which neither tags nor their quoted values may hold: what is never closed would
# otherwise be searched to the end again and again.
_TOKEN = re.compile(
    r"""<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?[^>]{0,4096}|<!DOCTYPE\b"""
    r"""|<[A-Za-z_](?:"[^"<]*"|'[^'<]*'|[^<>"'])*>""",
    re.S | re.I,
)
_ATTRIBUTE = re.compile(r"""(?<![\w.:-])([\w.:-]{1,200})\s{0,50}=\s{0,50}("[^"]*"|'[^']*')""", re.S)
_LIBRARY = re.compile(r"(?i)\.(?:so(?:\.\d+)*|dll|dylib)$")
_NATIVE = frozenset("library lib extension extension_path plugin custom_op_library kernel_library so path".split())
_JAVA = re.compile(
    r"(?i)xml\.apache\.org/xalan/java|xml\.apache\.org/xslt/java|java\.lang\.(?:Runtime|Process)|urn:schemas-microsoft-com:xslt|php\.net/xsl|saxon\.sf\.net/java"
)
_PAGES = ("html", "svg", "xhtml")


def judge(text: str, budget: Budget) -> Iterator[Finding | Capability]:
    """Findings of a document."""
    if text.lstrip("\ufeff \t\r\n").startswith(("<!ENTITY", "<!ELEMENT", "<!ATTLIST")):
        # The outer part of a declaration, as a file of its own.
        yield from judged(doctype(f"<!DOCTYPE a [{text}", 0), 0, "")
    at, root, shown = 0, "", 0
    while match := _TOKEN.search(text, at):
        budget.spend_values()
        token, at = match[0], match.end()
        if token.startswith(("<!--", "<![")):
            continue
        if token[:9].upper() == "<!DOCTYPE":
            one = doctype(text, match.start())
            yield from judged(one, match.start(), text)
            at = one.end
            continue
        name = "" if token.startswith("<?") else re.split(r"[\s/>]", token[1:201], maxsplit=1)[0]
        root = root or name.rpartition(":")[2].lower()
        if "=" not in token and not _is_script(name):
            continue
        for finding in _tag(token, name, root, match.start()):
            shown += 1
            if shown <= MAX_SHOWN:
                yield finding
    if root not in _PAGES:
        yield from commands(_plain(text), "the document", 0)


def _tag(token: str, name: str, root: str, offset: int) -> Iterator[Finding]:
    at = Location(offset=offset)
    short = name.rpartition(":")[2].lower()
    attributes = {key.lower(): value[1:-1] for key, value in _ATTRIBUTE.findall(token)}
    href = attributes.get("href", "")
    if token.startswith("<?xml-stylesheet") and leads_out(href) and attributes.get("type", "") != "text/css":
        yield found("xml.stylesheet", f"is shown by the style sheet {href}", evidence=token, at=at)
    elif short == "include" and ":" in name and leads_out(href) and root not in ("stylesheet", "schema"):
        yield found("xml.include", f"includes {href}", evidence=token, at=at)
    elif short in ("import", "include") and root in ("stylesheet", "transform") and leads_out(href):
        yield found("xml.include", f"includes the style sheet {href}", evidence=token, at=at)
    if root not in _PAGES and (_is_script(name) or any(_is_code(value) for value in attributes.values())):
        yield found("xml.script", f"holds the script element or code address {name}", evidence=token, at=at)
    for key, value in attributes.items():
        if key.rpartition(":")[2] in _NATIVE and _LIBRARY.search(value):
            yield found("xml.library", f"{name} names the native library {value}", evidence=token, at=at)


def _is_script(name: str) -> bool:
    return name.rpartition(":")[2].lower() == "script"


def _is_code(value: str) -> bool:
    return value.strip().lower().startswith(("javascript:", "vbscript:")) or bool(_JAVA.search(value))


def _plain(text: str) -> str:
    if "&" not in text:
        return text
    for name, char in (("&quot;", '"'), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(name, char)
    return text
