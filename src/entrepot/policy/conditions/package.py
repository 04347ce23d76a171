"""Which package it is."""

from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.patterns import Patterns
from entrepot.policy.wanted import texts


def _read(wanted: object) -> Test:
    meant = Patterns(texts(wanted))

    def test(facts: Facts, _: str) -> Answer:
        return meant.match(facts.package.name.id), facts.package.name.id

    return test


CONDITION = Condition(
    "package",
    About.PACKAGE,
    _read,
    "the package's `org/name`; patterns",
    'package = ["google/*", "gpt2"]',
    says="the package {value}",
)
