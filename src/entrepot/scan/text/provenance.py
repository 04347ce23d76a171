"""Where does a text say that a model is from? Links and code that name a publisher made to be taken for another."""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.pattern import Pattern
from entrepot.scan.publishers import imitated
from entrepot.scan.rules import found
from entrepot.scan.text import at

_HINTS = ("face.co/", "Face.co/", "hf.co/", "pretrained(", "dataset(", "download(", "pipeline(")
"""A text without any of these names nobody."""
_NAMED = Pattern(
    r"(?i)\b(?:huggingface\.co|hf\.co)/(?:datasets/|spaces/)?([^\s/\"'<>()\[\]{}?#,;`]{3,64})/[\w.-]"
    r"|\b(?:from_pretrained|load_dataset|snapshot_download|hf_hub_download|pipeline)\(\s{0,20}(?:repo_id\s{0,9}=\s{0,9})?"
    r"[\"']([^\s\"'/\\]{3,64})/[^\s\"'/\\]+[\"']"
)


def provenance(text: str, first_line: int) -> Iterator[Finding]:
    """Findings of the family `provenance`."""
    if not any(hint in text for hint in _HINTS):
        return
    for match in _NAMED.finditer(text):
        publisher = match[1] or match[2]
        if known := imitated(publisher):
            message = f"names {publisher}, which looks like {known} and is not"
            where = at(text, match.start(), first_line)
            yield found("provenance.look-alike", message, evidence=ascii(match[0]), at=where)
