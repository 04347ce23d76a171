"""The sentence that a client is told when a rule has matched."""

from collections.abc import Sequence

from entrepot.domain.decision import Reading
from entrepot.domain.report import Finding
from entrepot.policy.conditions import About
from entrepot.policy.facts import Facts
from entrepot.policy.rules import Clause, Rule
from entrepot.policy.showing import ascii_only, shown

MAX_REASON = 300
"""It travels in a header."""
MAX_LISTED = 3


def listed(findings: Sequence[Finding]) -> str:
    """Their rules and severities, each once, the worst first: `pickle.call.execution (critical)`."""
    if not findings:
        return "no such finding"
    distinct = {(finding.rule, finding.severity) for finding in findings}
    worst = sorted(distinct, key=lambda one: (-one[1].rank, one[0]))[:MAX_LISTED]
    more = f" and {len(distinct) - MAX_LISTED} more" if len(distinct) > MAX_LISTED else ""
    return shown(", ".join(f"{rule} ({severity})" for rule, severity in worst) + more)


def reason(rule: Rule, readings: Sequence[Reading], facts: Facts) -> str:
    """One line of at most 300 printable ASCII characters: the author's words, what was read, and the rule's name."""
    read = "; ".join(_parts(rule.conditions, readings, facts))
    return sentence(f"{rule.reason.rstrip()} ({read})" if rule.reason else read, rule.name)


def sentence(text: str, rule: str) -> str:
    """What is said, and the rule's name, as one line of at most 300 printable ASCII characters."""
    said = ascii_only(text)
    tail = f" (rule '{ascii_only(rule)[:120]}')"
    room = MAX_REASON - len(tail)
    return (said if len(said) <= room else f"{said[: room - 3]}...") + tail


def _parts(conditions: Sequence[Clause], readings: Sequence[Reading], facts: Facts) -> list[str]:
    subject = shown(facts.path or facts.package.name.id)
    last_pick = max((at for at, clause in enumerate(conditions) if clause.condition.about is About.FINDING), default=-1)
    parts = []
    for at, (clause, reading) in enumerate(zip(conditions, readings, strict=False)):
        condition = clause.condition
        if condition.about is About.FINDING and at != last_pick and reading.answer is not None:
            continue  # the last of them says which findings are meant
        said = condition.says if reading.answer is not None else "{subject}: {name} could not be told ({value})"
        parts.append(said.format(subject=subject, name=condition.name, value=reading.value, package=facts.package.name))
    return list(dict.fromkeys(parts))
