"""How much of the file could be looked at."""

from entrepot.domain.report import Coverage
from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.showing import shown
from entrepot.policy.wanted import choices


def _read(wanted: object) -> Test:
    meant = choices(wanted, Coverage)

    def test(facts: Facts, _: str) -> Answer:
        if not facts.is_inspected:
            return None, "not inspected"
        coverage = facts.report.coverage if facts.report else Coverage.NONE
        return coverage in meant, _value(coverage, facts)

    return test


def _value(coverage: Coverage, facts: Facts) -> str:
    unread = facts.report.unread if facts.report else ()
    return shown(f"{coverage}, {unread[0].reason}") if unread else str(coverage)


CONDITION = Condition(
    "coverage",
    About.FILE,
    _read,
    "how much of the file the scanner could read: none, partial, full",
    'coverage = ["none", "partial"]',
    says="how much of {subject} could be read: {value}",
)
