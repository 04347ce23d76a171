"""Tests of a policy, written by its author: facts, and what should be decided."""

from dataclasses import dataclass

from entrepot.domain.decision import Decision, Effect
from entrepot.policy.document import Misplaced, read
from entrepot.policy.facts import Facts
from entrepot.policy.judging import judge
from entrepot.policy.rules import Policy
from entrepot.policy.samples import WORDS, Table, facts
from entrepot.policy.wanted import choice, text

MAX_TRIALS = 1_000


@dataclass(frozen=True, slots=True)
class Trial:
    """Facts, and the effect and the rule that should come of them; an empty rule stands for any."""

    name: str
    facts: Facts
    expect: Effect
    rule: str
    line: int

    def run(self, policy: Policy) -> tuple[bool, Decision]:
        """Whether the policy decides so, and what it decides."""
        decision = judge((policy,), self.facts)
        return decision.effect is self.expect and self.rule in ("", decision.rule), decision


def read_trials(written: str) -> tuple[Trial, ...]:
    """The tests that stand in a TOML text as `[[test]]`; raises `WrongPolicy`, which knows the line."""
    with read(written) as (data, lines):
        entries = Table(data, ("test",), "a file of tests").data.get("test")
        if not isinstance(entries, list) or not 0 < len(entries) <= MAX_TRIALS:
            raise Misplaced(f"there have to be 1 to {MAX_TRIALS:,} tests, each under its own [[test]]", "test")
        return tuple(_trial(entry, number, lines.of(("test", number))) for number, entry in enumerate(entries))


def _trial(entry: object, number: int, line: int) -> Trial:
    try:
        table = Table(entry, ("name", "expect", "rule", *WORDS), "a test")
        for word in ("name", "expect"):
            if word not in table.data:
                raise Misplaced(f"a test needs its {word!r}")
        effect = table.take("expect", lambda wanted: choice(wanted, Effect), Effect.ALLOW)
        return Trial(table.take("name", text, ""), facts(table), effect, table.take("rule", text, ""), line)
    except Misplaced as wrong:
        raise Misplaced(str(wrong), "test", number, *wrong.path) from None
