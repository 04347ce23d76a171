"""Whether loading the file can run code."""

from entrepot.domain.report import Capability, Coverage
from entrepot.policy.conditions import About, Answer, Condition, Test, WrongValue
from entrepot.policy.facts import Facts
from entrepot.policy.wanted import flag

_RANKS = {capability: rank for rank, capability in enumerate(Capability)}


def _read(wanted: object) -> Test:
    if isinstance(wanted, str) and wanted != "any":
        raise WrongValue('it has to be true, false or "any"')
    wants_none = wanted != "any" and not flag(wanted)
    least = Capability.YES if wanted is True else Capability.ALLOWED_IMPORTS

    def test(facts: Facts, _: str) -> Answer:
        report = facts.report
        if report is None:
            return None, "not inspected"
        if _RANKS[report.capability] >= _RANKS[least]:
            return not wants_none, str(report.capability)
        if not facts.is_inspected or report.coverage is Coverage.NONE:
            return None, str(report.capability)
        return wants_none, str(report.capability)

    return test


CONDITION = Condition(
    "executable",
    About.FILE,
    _read,
    'true: loading the file can run code that the file chooses; `"any"`: also where it is of such a format but only '
    "uses allow-listed imports, as honest checkpoints do; false: neither",
    "executable = true",
    says="loading {subject} can run code: {value}",
)
