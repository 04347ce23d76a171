"""HTML, SVG and Markdown: what acts on whoever shows it."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource

_SUFFIXES = (".html", ".htm", ".xhtml", ".svg", ".md", ".markdown", ".mdx")
_MARKDOWN = (".md", ".markdown", ".mdx")
_STARTS = (b"<!doctype html", b"<html", b"<svg", b"<script")


def _recognize(sample: Sample) -> bool:
    if sample.opaque:
        return False
    if sample.suffix in _SUFFIXES:
        return sample.seems_text
    return sample.head[:1] in (b"<", b" ", b"\n") and sample.head.lstrip()[:20].lower().startswith(_STARTS)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: most files are no page.
    from entrepot.scan.text.markup import markup, without_code

    budget.check_string(sample.source.size)
    text = sample.text
    if text is None:
        raise Unreadable("a page of more than 32 MiB, or in no known encoding")
    front = _front_matter(text)
    if front is not None:
        yield Member("front matter", BytesSource(front.encode("utf-8", "replace")), ("yaml",))
    if sample.suffix in _MARKDOWN:
        text = without_code(text)
    # Reports bring the scripts of their plots along; cards and pictures have none.
    is_page = sample.suffix not in (*_MARKDOWN, ".svg") and "<svg" not in text[:200]
    yield from markup(text, 1, is_page=is_page)


def _front_matter(text: str) -> str | None:
    """The YAML block between two lines of dashes at a card's top."""
    if not text.startswith(("---\n", "---\r\n")):
        return None
    end = text.find("\n---", 3)
    return text[text.index("\n") + 1 : end + 1] if end > 0 else None


FORMAT = Format(
    "markup",
    _recognize,
    _inspect,
    "HTML, SVG or Markdown",
    RunsCode.RARELY,
    "scripts, where it is shown",
    _SUFFIXES,
    firsts=b"< \n",
    names=_SUFFIXES,
)
