"""Whether it is a model, a dataset, …"""

from entrepot.domain.names import PackageType
from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.wanted import choices


def _read(wanted: object) -> Test:
    meant = choices(wanted, PackageType)

    def test(facts: Facts, _: str) -> Answer:
        return facts.package.name.type in meant, str(facts.package.name.type)

    return test


CONDITION = Condition(
    "type",
    About.PACKAGE,
    _read,
    "what kind of package it is: model, dataset, space, kernel",
    'type = ["space", "kernel"]',
    says="{package} is a {value}",
)
