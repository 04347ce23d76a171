"""Explain: what a rule of the scanner finds, what follows from it, and what to do."""

from collections.abc import Sequence

from entrepot.domain.errors import NotFound
from entrepot.scan.rules import Rule, families, family, rule

MAX_FOUND = 50


def explain(rule_id: str) -> Rule:
    """The rule of that id; raises `NotFound`."""
    try:
        return rule(rule_id)
    except KeyError:
        raise NotFound(f"there is no rule {rule_id[:120]!r}") from None


def explained(rule_ids: Sequence[str]) -> dict[str, Rule]:
    """The rules of these ids; those that this version does not know any more are left out."""
    found = {}
    for rule_id in rule_ids:
        try:
            found[rule_id] = rule(rule_id)
        except KeyError:
            continue
    return found


def rules_with(text: str) -> list[Rule]:
    """The rules that have the text in their id or title, the first ones where there are many."""
    wanted = text.casefold()
    every = (one for name in families() for one in family(name).values())
    return [one for one in every if wanted in one.id or wanted in one.title.casefold()][:MAX_FOUND]
