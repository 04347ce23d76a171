"""What the scanner says of the file as a whole."""

from entrepot.domain.report import Verdict
from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.reasons import listed
from entrepot.policy.wanted import choices

_ALL = frozenset(Verdict)
_STILL_POSSIBLE = {
    Verdict.MALICIOUS: frozenset({Verdict.MALICIOUS}),
    Verdict.SUSPICIOUS: frozenset({Verdict.SUSPICIOUS, Verdict.MALICIOUS}),
}
"""What more findings can make of a verdict."""


def _read(wanted: object) -> Test:
    meant = choices(wanted, Verdict)

    def test(facts: Facts, _: str) -> Answer:
        if facts.report is None:
            return None, "not inspected"
        verdict = facts.report.verdict
        value = f"{verdict}: {listed(facts.report.findings)}" if facts.report.findings else str(verdict)
        if facts.is_inspected:
            return verdict in meant, value
        possible = _STILL_POSSIBLE.get(verdict, _ALL)
        return True if possible <= meant else False if possible.isdisjoint(meant) else None, value

    return test


CONDITION = Condition(
    "verdict",
    About.FILE,
    _read,
    "what the scanner says of the whole file: clean, unknown (not all of it was read), suspicious, malicious",
    'verdict = ["malicious", "suspicious"]',
    says="{subject} is {value}",
)
