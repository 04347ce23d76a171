"""OmegaConf's resolvers: `${name:argument}` calls a function that the program registered under that name."""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.configs import Entry
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

_RUNS = Pattern(
    r"(?i)\$\{\s*(?:oc\.)?(eval|exec|python|py|sh|shell|bash|cmd|command|system|import|resolve_path_and_run)\s*:([^}]{1,500})\}"
)


def resolvers(entry: Entry) -> Iterator[Finding]:
    """Findings of an entry whose values ask for something to be run."""
    for key, value in entry.mapping.items():
        if isinstance(value, str) and "${" in value and (match := _RUNS.search(value)):
            message = f"asks the resolver {match[1]} to run {match[2].strip()}"
            yield found("config.resolver", message, evidence=f"{entry.below(str(key))}: {value}")
