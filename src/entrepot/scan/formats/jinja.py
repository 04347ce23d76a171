"""Jinja templates: chat templates of tokenizers, GGUF files and processors, prompts."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import TEXT_FIRSTS, Sample

_SUFFIXES = (".jinja", ".jinja2", ".j2")
_SHARED = (".template", ".tmpl", ".tpl")
"""Suffixes that other languages of templates have as well."""


def _recognize(sample: Sample) -> bool:
    if sample.suffix in _SHARED:
        return not sample.opaque and (b"{{" in sample.head or b"{%" in sample.head) and sample.seems_text
    if sample.suffix not in _SUFFIXES and "template" not in sample.basename:
        return False
    # A JSON or Python file of that name has templates inside, as values.
    return not sample.opaque and sample.seems_text and sample.suffix in (*_SUFFIXES, "", ".txt")


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: the library that parses templates takes longer to load than most files to scan.
    from entrepot.scan.jinja.judging import judged

    budget.check_string(sample.source.size)
    text = sample.text
    if text is None:
        raise Unreadable("a template that is no text in UTF-8")
    try:
        yield from judged(text, budget)
    except Unreadable:
        if sample.suffix in _SHARED:
            raise Unrecognized("a template of another language") from None
        raise


FORMAT = Format(
    "jinja",
    _recognize,
    _inspect,
    "Jinja template",
    RunsCode.RARELY,
    "the consumer's template engine, where it is not sandboxed",
    _SUFFIXES,
    firsts=TEXT_FIRSTS,
)
