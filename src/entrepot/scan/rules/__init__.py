"""What can be found, and what to do about it: one TOML file per family, read when something is found."""

import os
from functools import cache

from entrepot.domain.report import Category, Confidence, Finding, Location, Severity
from entrepot.domain.values import dataclass

_MAX_SHOWN = 2_000
_FOLDER = os.path.dirname(__file__)


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a family's file; `id` begins with the family's name and a dot."""

    id: str
    title: str
    severity: Severity
    confidence: Confidence
    category: Category
    consequence: str
    remediation: str
    dangerous: str
    """An example that the rule finds, as people would write it."""
    harmless: str
    """Its nearest relative that the rule leaves alone."""
    on: bool = True
    """Off by default where it would be noisy."""
    see: tuple[str, ...] = ()


@cache
def family(name: str) -> dict[str, Rule]:
    """The rules of a family by their ids, in the order of its file. Raises `FileNotFoundError`."""
    # Loaded here: of most files there is nothing to say.
    import tomllib

    with open(os.path.join(_FOLDER, f"{name}.toml"), "rb") as file:
        entries = tomllib.load(file)
    return {f"{name}.{rest}": _rule(f"{name}.{rest}", entry) for rest, entry in entries.items()}


def families() -> list[str]:
    """The names of all families."""
    return sorted(name[:-5] for name in os.listdir(_FOLDER) if name.endswith(".toml"))


def rule(rule_id: str) -> Rule:
    """The rule with that id. Raises `KeyError`."""
    name = rule_id.partition(".")[0]
    if name not in families():
        raise KeyError(rule_id)
    return family(name)[rule_id]


def found(rule_id: str, message: str, *, evidence: str = "", at: Location | None = None) -> Finding:
    """A finding of that rule; the engine adds the member's name. Long messages and evidence are cut."""
    known = family(rule_id.partition(".")[0])[rule_id]
    return Finding(
        known.id,
        known.severity,
        known.confidence,
        known.category,
        at or Location(),
        _cut(message),
        _cut(evidence),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + f"… ({len(text)} characters)"


def _rule(rule_id: str, entry: dict[str, object]) -> Rule:
    see = entry.get("see", [])
    return Rule(
        rule_id,
        str(entry["title"]),
        Severity(str(entry["severity"])),
        Confidence(str(entry.get("confidence", "high"))),
        Category(str(entry.get("category", "malware"))),
        str(entry["consequence"]),
        str(entry["remediation"]),
        str(entry["dangerous"]),
        str(entry["harmless"]),
        entry.get("on", True) is True,
        tuple(str(item) for item in see) if isinstance(see, list) else (),
    )
