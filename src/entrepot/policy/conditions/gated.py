"""Whether its publisher asks people to agree to something first."""

from entrepot.policy.conditions import About, Answer, Condition, Test, WrongValue
from entrepot.policy.facts import Facts
from entrepot.policy.showing import shown, shown_value
from entrepot.policy.wanted import texts

_WAYS = frozenset({"auto", "manual"})


def _read(wanted: object) -> Test:
    words = frozenset() if isinstance(wanted, bool) else frozenset(texts(wanted))
    if not words <= _WAYS:
        raise WrongValue(f'it has to be true, false, "auto" or "manual", not {shown_value(wanted)}')

    def test(facts: Facts, _: str) -> Answer:
        gated = facts.package.gated
        return gated in words if words else bool(gated) is wanted, shown(gated) or "no"

    return test


CONDITION = Condition(
    "gated",
    About.PACKAGE,
    _read,
    'whether its publisher asks people to agree first: true, false, or how: "auto", "manual"',
    "gated = true",
    says="whether {package} is gated: {value}",
)
