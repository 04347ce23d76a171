"""Which repository it is asked of."""

from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.patterns import Patterns
from entrepot.policy.wanted import texts


def _read(wanted: object) -> Test:
    meant = Patterns(texts(wanted))

    def test(facts: Facts, _: str) -> Answer:
        package = facts.package
        return meant.match(package.repository) or any(map(meant.match, package.within)), package.repository

    return test


CONDITION = Condition(
    "repository",
    About.PACKAGE,
    _read,
    "the key of the repository that holds it, or of a virtual one that it is in; patterns",
    'repository = ["hub", "team-*"]',
    says="{package} is in the repository {value}",
)
