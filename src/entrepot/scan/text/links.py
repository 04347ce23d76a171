"""Where links lead: look-alikes of known hosts, places that only collect or hide, addresses that pretend."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from entrepot.domain.report import Finding
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.text import at

_URL = Pattern(r"""(?i)\b(?:https?|ftp)://[^\s<>"'`\\)\]}|^]{3,2000}""")
_DANGEROUS_SCHEME = Pattern(r"""(?i)\]\(\s*(javascript|vbscript|data:text/html)[:;,][^)\s]{0,200}""")
_HOST = Pattern(r"(?i)^[a-z]+://([^/?#]*)(.*)$", re.DOTALL)
_NAME = Pattern(r"[\w-]+(?:\.[\w-]+)*")
_IP = Pattern(r"\d{1,3}(?:\.\d{1,3}){3}|0x[0-9a-f]{8}|\d{8,10}")
_PRIVATE = Pattern(
    r"127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0|169\.254\.|8\.8\.|1\.1\.1\.1|1\.2\.3\.4"
)
_PROGRAM = Pattern(r"(?i)\.(?:exe|scr|dll|ps1|bat|cmd|vbs|hta|msi|sh|elf|apk|dmg|jar|lnk|iso)(?:$|[?#])")
_KNOWN = (
    "huggingface.co",
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "pytorch.org",
    "tensorflow.org",
    "python.org",
    "google.com",
    "googleapis.com",
    "kaggle.com",
    "openai.com",
    "anthropic.com",
    "nvidia.com",
    "microsoft.com",
    "docker.com",
    "docker.io",
    "anaconda.com",
    "anaconda.org",
    "readthedocs.io",
    "modelscope.cn",
    "mistral.ai",
    "facebook.com",
)
# Services whose only use in a model's text is to receive what somebody else sends, or to hide where a link ends.
_COLLECTORS = Pattern(
    r"(?i)(?:^|\.)(?:webhook\.site|requestbin\.(?:com|net)|pipedream\.net|beeceptor\.com|burpcollaborator\.net|"
    r"oastify\.com|oast\.(?:pro|live|site|online|fun|me)|interact\.sh|interactsh\.com|dnslog\.cn|ceye\.io|canarytokens\.com|"
    r"ngrok\.(?:io|app)|ngrok-free\.(?:app|dev)|trycloudflare\.com|serveo\.net|loca\.lt|localhost\.run|requestcatcher\.com)$"
)
_CONFUSABLE = str.maketrans("аеорсухіјѕԁһӏкмтвнοαρνεικτυχ01358i", "aeopcyxljsdhlkmtbhoapvelktuxolesbl")


def links(text: str, first_line: int) -> Iterator[Finding]:
    """Findings of the family `url`."""
    if "://" in text:
        for match in _URL.finditer(text):
            url = match[0].rstrip(".,;:!?*_")
            for rule, message in _judged(url):
                yield found(rule, message, evidence=url, at=at(text, match.start(), first_line))
    for match in _DANGEROUS_SCHEME.finditer(text):
        message = f"a link that runs {match[1].lower()} where it is clicked"
        yield found("url.script", message, evidence=match[0], at=at(text, match.start(), first_line))


@cache
def _judged(url: str) -> tuple[tuple[str, str], ...]:
    parts = _HOST.match(url)
    if not parts:
        return ()
    authority, path = parts[1], parts[2]
    user, _, host = authority.rpartition("@")
    host = host.partition(":")[0].lower().rstrip(".")
    if not _NAME.fullmatch(host):
        return ()  # a template, a setting or prose: no browser would follow it
    said: list[tuple[str, str]] = []
    if "." in user.partition(":")[0]:
        said.append(("url.user-looks-like-host", f"looks like a link to {user.partition(':')[0]}, leads to {host}"))
    if known := look_alike(host):
        said.append(("url.look-alike", f"the host {host} looks like {known} and is not"))
    if _COLLECTORS.search(host):
        said.append(("url.collector", f"{host} is a service that receives and shows whatever is sent to it"))
    if _IP.fullmatch(host) and not _PRIVATE.match(host) and _PROGRAM.search(path):
        said.append(("url.program-at-number", f"a program to download from a bare address, {host}"))
    return tuple(said)


def look_alike(host: str) -> str | None:
    """The known host that this one could be taken for, if it is none of them itself."""
    for part in _decoded(host).split("/"):
        for known in _KNOWN:
            if part == known or part.endswith(f".{known}"):
                return None
    labels = _decoded(host).split(".")
    for known in _KNOWN:
        brand, _, ending = known.rpartition(".")
        for index in range(len(labels) - 1):
            label, rest = labels[index], ".".join(labels[index + 1 :])
            if _seems(label, brand) and (len(brand) >= 8 or rest == ending):
                return known if (label, rest) != (brand, ending) else None
        if f"{known}." in f"{_decoded(host)}." and not _decoded(host).endswith(known):
            return known
    return None


def _decoded(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _seems(label: str, brand: str) -> bool:
    if label == brand:
        return False
    folded = unicodedata.normalize("NFKD", label).translate(_CONFUSABLE)
    plain = "".join(char for char in folded if not unicodedata.combining(char)).replace("rn", "m").replace("-", "")
    brand = brand.translate(_CONFUSABLE)
    return plain == brand or (len(brand) >= 8 and differ_by_one(plain, brand))


def differ_by_one(left: str, right: str) -> bool:
    """Whether one insertion, deletion, change or swap of neighbors makes one of the other."""
    if abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
