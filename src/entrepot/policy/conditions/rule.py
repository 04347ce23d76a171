"""Which of the scanner's rules found it."""

from entrepot.policy.conditions import About, Condition, Picks
from entrepot.policy.patterns import Patterns
from entrepot.policy.wanted import texts


def _read(wanted: object) -> Picks:
    meant = Patterns(texts(wanted))
    return Picks(lambda finding: meant.match(finding.rule))


CONDITION = Condition(
    "rule",
    About.FINDING,
    _read,
    "a finding of one of these rules of the scanner; patterns",
    'rule = ["pickle.call.*", "keras.lambda"]',
    says="finding {value} in {subject}",
)
