"""What a pipeline of spaCy calls and loads: functions by their registered names, other pipelines by path."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.configs import entries
from entrepot.scan.configs.callables import is_harmful
from entrepot.scan.documents import parse_json
from entrepot.scan.embedded import commands
from entrepot.scan.ini import Setting, settings
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

_CALLBACKS = frozenset(
    "spacy.copy_from_base_model.v1 spacy.models_with_nvtx_range.v1 spacy.models_and_pipes_with_nvtx_range.v1".split()
)
_OWN = ("spacy.", "thinc.")
_DOTTED = Pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){1,15}")
_BARE = frozenset("exec eval compile open __import__ getattr setattr input breakpoint".split())
_SOURCES = frozenset(("source", "tokenizer", "vocab"))
"""What is loaded as a pipeline of its own."""
_ELSEWHERE = Pattern(r"(?i)^(?:[a-z][a-z0-9+.-]*://|//|\\\\|/|~|[a-z]:[\\/])|(?:^|[/\\])\.\.(?:[/\\]|$)")
_REFERENCE = Pattern(r"\$\{[^{}]{0,200}\}")
_PAIR = Pattern(r"[\"']?(@\w{1,40})[\"']?\s{0,9}:\s{0,9}[\"']([^\"']{1,200})[\"']")
_LONGEST = 1 << 20


def judged(text: str, budget: Budget) -> Iterator[Finding]:
    """Findings of a configuration. Raises `OutOfBudget` and `Unreadable`."""
    for setting in settings(text, budget):
        at = Location(line=setting.line)
        for path, name, value in _named(setting, budget):
            shown = f"[{path}] {name} = {value}"
            if name.startswith("@"):
                yield from _function(name, value, shown, at)
            elif name in _SOURCES and _ELSEWHERE.search(value):
                yield found("spacy.source-elsewhere", f"{name} is loaded from {value}", evidence=shown, at=at)
            else:
                yield from commands(value, f"{path}.{name}")


def _named(setting: Setting, budget: Budget) -> Iterator[tuple[str, str, str]]:
    """The texts of a setting with where they stand; values are JSON, or text where they are none."""
    if setting.value[:1] not in ("{", "["):
        yield setting.section, setting.name, setting.value.strip("\"'")
        return
    if len(setting.value) > _LONGEST:
        raise Unreadable(f"a value of {len(setting.value)} characters on line {setting.line}")
    # What refers to another setting is put in before the value is read.
    text = _REFERENCE.sub("null", setting.value)
    try:
        document = parse_json(text).value
    except Unreadable:
        # Settings of another program, or no JSON but to a more lenient reader.
        yield setting.section, setting.name, setting.value
        yield from ((setting.path, match[1], match[2]) for match in _PAIR.finditer(text))
        return
    for entry in entries(document, budget):
        for name, value in entry.mapping.items():
            if isinstance(value, str):
                yield f"{setting.path}.{entry.path}" if entry.path else setting.path, name, value


def _function(registry: str, name: str, shown: str, at: Location) -> Iterator[Finding]:
    if name in _BARE or (_DOTTED.fullmatch(name) and not name.startswith(_OWN) and is_harmful(name)):
        yield found("spacy.dangerous-function", f"{name} is called, which runs code", evidence=shown, at=at)
    elif registry == "@callbacks" and name not in _CALLBACKS:
        yield found("spacy.callback", f"{name} is called, which is none of spaCy's", evidence=shown, at=at)
