"""Whether it was made here."""

from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.wanted import flag


def _read(wanted: object) -> Test:
    meant = flag(wanted)

    def test(facts: Facts, _: str) -> Answer:
        return facts.package.is_local is meant, "made here" if facts.package.is_local else "from outside"

    return test


CONDITION = Condition(
    "local",
    About.PACKAGE,
    _read,
    "true: it was published here; false: it comes from an upstream",
    "local = false",
    says="{package} is {value}",
)
