"""Which formats the bytes are."""

from collections.abc import Mapping

from entrepot.domain.report import Coverage
from entrepot.policy.conditions import About, Answer, Condition, Test
from entrepot.policy.facts import Facts
from entrepot.policy.patterns import Patterns
from entrepot.policy.showing import shown
from entrepot.policy.wanted import part, table, texts


def _read(wanted: object) -> Test:
    only = isinstance(wanted, Mapping)
    meant = Patterns(part(table(wanted, ("only",)), "only", texts) if only else texts(wanted))

    def test(facts: Facts, _: str) -> Answer:
        report = facts.report
        if report is None:
            return None, "not inspected"
        fits = [meant.match(name) for name in report.formats]
        value = shown(", ".join(report.formats)) or "no known format"
        settled = not all(fits) if only else any(fits)
        if settled:
            return not only, value
        if not facts.is_inspected or (not fits and report.coverage is Coverage.NONE):
            return None, value
        return only and (bool(fits) or report.coverage is Coverage.FULL), value

    return test


CONDITION = Condition(
    "format",
    About.FILE,
    _read,
    "the bytes are of one of these formats, whatever the name says; patterns. `format.only`: of these and no other, "
    "which is what an exception should ask, since a file can be of several formats at once",
    'format = ["pickle", "torch*"]',
    says="{subject} is of the format {value}",
)
