"""OmegaConf's resolvers: `${name:argument}` calls a function that the program registered under that name."""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.configs import Entry
from entrepot.scan.configs.callables import known
from entrepot.scan.imports import Tier
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

MAX_ITEMS = 1_000
_RUNS = Pattern(
    r"(?i)\$\{\s*(?:oc\.)?(eval|exec|python|py|sh|shell|bash|cmd|command|system|import|resolve_path_and_run)\s*:([^}]{1,500})\}"
)

_NAMED = Pattern(r"\$\{\s*([\w.]+)\s*:\s*[\"']?([A-Za-z_]\w*(?:\.\w+)+)")


def resolvers(entry: Entry) -> Iterator[Finding]:
    """Findings of an entry whose values ask for something to be run."""
    for key, value in entry.mapping.items():
        for text in value[:MAX_ITEMS] if isinstance(value, list) else [value]:
            if isinstance(text, str) and "${" in text:
                yield from _asked(text, f"{entry.below(str(key))}: {text}")


def _asked(text: str, shown: str) -> Iterator[Finding]:
    if match := _RUNS.search(text):
        message = f"asks the resolver {match[1]} to run {match[2].strip()}"
        yield found("config.resolver", message, evidence=shown)
    elif (match := _NAMED.search(text)) and known(match[2]).tier is Tier.DANGEROUS:
        yield found("config.resolver", f"asks the resolver {match[1]} for {match[2]}", evidence=shown)
