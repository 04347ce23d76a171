"""How much harm a finding stands for, at least."""

from entrepot.domain.report import Severity
from entrepot.policy.conditions import About, Condition, Picks
from entrepot.policy.wanted import choice


def _read(wanted: object) -> Picks:
    least = choice(wanted, Severity).rank
    return Picks(lambda finding: finding.severity.rank >= least)


CONDITION = Condition(
    "severity",
    About.FINDING,
    _read,
    "a finding of at least this severity: low, medium, high, critical",
    'severity = "high"',
    says="finding {value} in {subject}",
)
