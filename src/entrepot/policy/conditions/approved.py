"""Whether somebody with the right has made an exception."""

from entrepot.policy.conditions import About, Answer, Condition, Test, WrongValue
from entrepot.policy.facts import Facts
from entrepot.policy.wanted import flag


def _read(wanted: object) -> Test:
    if not flag(wanted):
        raise WrongValue("it can only be true")

    def test(facts: Facts, rule: str) -> Answer:
        if not facts.waivers:
            return False, "no waiver"
        scope = facts.scope(rule)
        for waiver in facts.waivers:
            if waiver.holds(facts.now) and waiver.covers(scope):
                return True, f"waiver {waiver.id}"
        return False, "no waiver that covers it"

    return test


CONDITION = Condition(
    "approved",
    About.PACKAGE,
    _read,
    "true: a waiver in force covers this rule for what is asked for",
    "unless.approved = true",
    says="{subject} has {value}",
)
