"""What the gate answers: an effect, with its reasons and the trace that led to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What happens to a request; `rank` orders them, and the strictest one wins."""

    ALLOW = "allow"
    WARN = "warn"
    HOLD = "hold"
    BLOCK = "block"

    @property
    def rank(self) -> int:
        """0 for allow up to 3 for block."""
        return _RANKS[self]

    @property
    def refuses(self) -> bool:
        """Whether the bytes stay here, for now or for good."""
        return self.rank >= Effect.HOLD.rank


_RANKS = {effect: rank for rank, effect in enumerate(Effect)}


class Outcome(StrEnum):
    """What came of one rule."""

    MATCHED = "matched"
    DID_NOT_MATCH = "did not match"
    EXCEPTED = "excepted"
    """All its conditions hold, and so does one that stands under `unless`."""
    UNANSWERED = "unanswered"
    """A condition could not be told, not even after inspection; a rule that blocks or holds counts as matched."""
    NOT_YET = "not yet known"
    """A condition can't be told before inspection; until then the rule says nothing."""
    DRY_RUN = "would have matched"


@dataclass(frozen=True, slots=True)
class Reading:
    """One condition of a rule: what the rule wants, the value that was read, and whether they fit."""

    condition: str
    wanted: str
    value: str
    answer: bool | None
    excepts: bool = False
    """Whether it stands under `unless`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was looked at."""

    policy: str
    """Name and version, such as `default@3`."""
    rule: str
    effect: Effect
    outcome: Outcome
    readings: tuple[Reading, ...] = ()
    reason: str = ""
    """The sentence that the client is told, where the rule matched."""

    @property
    def counts(self) -> bool:
        """Whether the rule's effect takes part in the decision."""
        return self.outcome is Outcome.MATCHED or (self.outcome is Outcome.UNANSWERED and self.effect.refuses)


@dataclass(frozen=True, slots=True)
class Decision:
    """An effect, the sentences that explain it, and every rule that was looked at."""

    effect: Effect
    reasons: tuple[str, ...] = ()
    rule: str = ""
    """The rule that decided; the first of the strictest ones."""
    policy: str = ""
    """The policy that the rule stands in, with its version."""
    trace: tuple[Step, ...] = ()

    @property
    def would_have(self) -> tuple[Step, ...]:
        """The rules that only try out what they would do."""
        return tuple(step for step in self.trace if step.outcome is Outcome.DRY_RUN)


ALLOWED = Decision(Effect.ALLOW)


def decide(steps: Iterable[Step]) -> Decision:
    """The decision that the steps add up to: the strictest effect, with the reasons of the rules that have it."""
    trace = tuple(steps)
    counting = [step for step in trace if step.counts]
    worst = max((step.effect for step in counting), key=lambda effect: effect.rank, default=Effect.ALLOW)
    deciding = [step for step in counting if step.effect is worst]
    if not deciding:
        return Decision(Effect.ALLOW, trace=trace)
    reasons = tuple(dict.fromkeys(step.reason for step in deciding if step.reason))
    return Decision(worst, reasons, deciding[0].rule, deciding[0].policy, trace)
