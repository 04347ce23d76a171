"""Amend: the text of a policy without one of its rules, to try out what that would change."""

import re

from entrepot.domain.errors import NotFound
from entrepot.policy import parse

_HEAD = re.compile(r"\s*\[\[\s*rule\s*\]\]")


def without_rule(text: str, rule: str) -> str:
    """The text with that rule marked as a comment; raises `NotFound`, and `WrongPolicy` for a text that is none."""
    found = next((one for one in parse(text).rules if one.name == rule), None)
    if found is None:
        raise NotFound(f"the policy has no rule called {rule[:80]!r}; it may have changed since")
    lines = text.split("\n")
    heads = [number for number, line in enumerate(lines) if _HEAD.match(line)]
    begins = max((number for number in heads if number < found.line), default=0)
    ends = min((number for number in heads if number > begins), default=len(lines))
    return "\n".join(
        f"# {line}" if begins <= number < ends and line.strip() and not line.lstrip().startswith("#") else line
        for number, line in enumerate(lines)
    )
