"""Which risk a finding stands for."""

from entrepot.domain.report import Category
from entrepot.policy.conditions import About, Condition, Picks
from entrepot.policy.wanted import choices


def _read(wanted: object) -> Picks:
    meant = choices(wanted, Category)
    return Picks(lambda finding: finding.category in meant)


CONDITION = Condition(
    "category",
    About.FINDING,
    _read,
    "a finding of one of these risks, as the pages of the scanner's rules name them",
    'category = ["malware", "private-information"]',
    says="finding {value} in {subject}",
)
