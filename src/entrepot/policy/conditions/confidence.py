"""How sure the scanner is of a finding, at least."""

from entrepot.domain.report import Confidence
from entrepot.policy.conditions import About, Condition, Picks
from entrepot.policy.wanted import choice

_RANKS = {confidence: rank for rank, confidence in enumerate(Confidence)}


def _read(wanted: object) -> Picks:
    least = _RANKS[choice(wanted, Confidence)]
    return Picks(lambda finding: _RANKS[finding.confidence] >= least)


CONDITION = Condition(
    "confidence",
    About.FINDING,
    _read,
    "a finding that the scanner is at least so sure of: low, medium, high",
    'confidence = "high"',
    says="finding {value} in {subject}",
)
