"""The document type declaration, where entities and outside files come from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from entrepot.domain.report import Finding, Location
from entrepot.scan.rules import found

MAX_ENTITIES = 10_000
MAX_COUNTED = 20
"""Entities, the largest, of which every use is counted."""
MAX_EXPANSION = 1_000_000
"""Characters that entities may become; expat stops at about eight million, others never."""
MIN_EXPANSION, MAX_GROWTH = 10_000, 50
"""Characters, and how many for each that was declared: entities in entities, as only bombs have them."""
HUGE = 1 << 60
_HOSTS = re.compile(
    r"https?://(?:[\w-]+\.)*(?:w3\.org|apple\.com|sun\.com|oracle\.com|oasis-open\.org|dmg\.org|apache\.org|docbook\.org|"
    r"freedesktop\.org|sourceforge\.net|openoffice\.org|springframework\.org|hibernate\.org|jboss\.org|gnome\.org|kde\.org|"
    r"mozilla\.org|purl\.org|mathml-association\.org|ibiblio\.org|gnu\.org|debian\.org|puppycrawl\.com|checkstyle\.org|"
    r"mybatis\.org|xmlsoap\.org|omg\.org|niso\.org|nih\.gov|tei-c\.org|khronos\.org|jetbrains\.com|qt\.io|"
    r"jetty\.org|eclipse\.org|eclipse\.dev|netscape\.com|moreover\.com|microsoft\.com|google\.com)(?::\d+)?(?:/|$)",
    re.I,
)
_PIECE = re.compile(
    r"""<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|"[^"]*"|'[^']*'|<!ENTITY\b|%[\w.:-]+;|[\[\]>]""", re.S | re.I
)
_ENTITY = re.compile(
    r"""<!ENTITY\s+(%\s+)?([^\s"'>]+)\s+(?:(SYSTEM|PUBLIC)\s+)?("[^"]*"|'[^']*')(?:\s*("[^"]*"|'[^']*'))?""", re.S
)
_REFERENCE = re.compile(r"[&%]([^\s;&%#]{1,100});")
_OUTSIDE = re.compile(r"(?i)^(?:[a-z][a-z0-9+.-]{1,20}:|//|\\\\|/)|\.\.[/\\]")
_DECLARATIONS = re.compile(r"(?i)^(?:file://|\.\./)?[\w./ -]*\.(?:dtd|ent|mod|elt|gml)$|^urn:")
"""Names in catalogs, and declarations that a system keeps beside its documents."""


def leads_out(place: str) -> bool:
    """Whether fetching that place tells somebody something, or reads what belongs to the reader."""
    return bool(_OUTSIDE.search(place)) and not _HOSTS.match(place) and not _DECLARATIONS.match(place)


@dataclass(slots=True)
class Doctype:
    """What a declaration says."""

    end: int
    outside: str = ""
    """Where its outer part is to be fetched from."""
    entities: dict[str, str] = field(default_factory=dict)
    fetched: list[tuple[str, str]] = field(default_factory=list)
    """Entities that stand for a file or an address."""


def doctype(text: str, start: int) -> Doctype:
    """The declaration that begins there. What is not closed goes on to the end."""
    found_one = Doctype(len(text))
    depth = 0
    for match in _PIECE.finditer(text, start + 9):
        token = match[0]
        if token == "[":
            depth += 1
        elif token == "]":
            depth -= 1
        elif token == ">" and depth <= 0:
            found_one.end = match.end()
            break
        elif token[0] in "\"'" and depth <= 0:
            found_one.outside = token[1:-1]
        elif token.upper() == "<!ENTITY" and len(found_one.entities) < MAX_ENTITIES:
            _entity(text, match.start(), found_one)
    return found_one


def _entity(text: str, start: int, into: Doctype) -> None:
    match = _ENTITY.match(text, start)
    if not match:
        return
    name, kind, first, second = match[2], match[3], match[4][1:-1], (match[5] or "")[1:-1]
    if kind:
        into.fetched.append((name, second if kind.upper() == "PUBLIC" and second else first))
    else:
        into.entities.setdefault(name, first)


def judged(one: Doctype, start: int, text: str) -> Iterator[Finding]:
    """What is wrong with a declaration, and with how often the document behind it uses what it declares."""
    at = Location(offset=start)
    fetched = [(name, place) for name, place in one.fetched if leads_out(place)]
    for name, place in fetched[:5]:
        message = f"the entity {name} stands for what is at {place}"
        yield found("xml.external-entity", message, evidence=f"<!ENTITY {name} SYSTEM {place!r}>", at=at)
    if leads_out(one.outside):
        message = f"a part of the document's declaration is fetched from {one.outside}"
        yield found("xml.external-dtd", message, evidence=one.outside, at=at)
    sizes: dict[str, int] = {}
    for name in one.entities:
        expand(name, one.entities, sizes)
    largest = sorted(((size, name) for name, size in sizes.items()), reverse=True)[:MAX_COUNTED]
    used = ((size * max(1, text.count(f"&{name};", one.end)), name) for size, name in largest)
    size, name = max(used, default=(0, ""))
    nested, declared = max(sizes.values(), default=0), sum(len(value) for value in one.entities.values())
    if size > MAX_EXPANSION or nested > max(MIN_EXPANSION, MAX_GROWTH * declared):
        message = f"the entity {name} becomes {size if size < HUGE else 'more than 2^60'} characters"
        yield found("xml.entity-bomb", message, evidence=f"<!ENTITY {name} {one.entities[name][:200]!r}>", at=at)
    yield from _assembled(one, at)


def _assembled(one: Doctype, at: Location) -> Iterator[Finding]:
    """Entities declared inside entities: `&#x25;` and `&#37;` become declarations once they are expanded."""
    for name, value in one.entities.items():
        plain = re.sub(r"&#(?:x([0-9a-f]{1,6})|(\d{1,7}));", _character, value, flags=re.I)
        if "<!ENTITY" in plain and re.search(r"\b(?:SYSTEM|PUBLIC)\b\s*[\"'&%]", plain):
            message = f"the entity {name} holds the declaration of another, which is fetched"
            yield found("xml.external-entity", message, evidence=value, at=at)
            return


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    return chr(code) if code < 0x110000 else ""


def expand(name: str, entities: dict[str, str], sizes: dict[str, int]) -> None:
    """Add to `sizes` how many characters an entity and those in it become. What refers to itself counts once: readers
    refuse it."""
    waiting = [(name, False)]
    while waiting:
        current, is_known = waiting.pop()
        if current in sizes and not is_known:
            continue
        below = [other for other in _REFERENCE.findall(entities[current]) if other in entities]
        if is_known:
            size = len(entities[current]) + sum(sizes.get(other, 1) for other in below)
            sizes[current] = min(HUGE, size)
            continue
        sizes[current] = 1
        waiting.append((current, True))
        waiting += [(other, False) for other in dict.fromkeys(below) if other not in sizes]
