"""What the gate answers: an effect, with its reasons."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What happens to a request."""

    ALLOW = "allow"
    WARN = "warn"
    HOLD = "hold"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Decision:
    """An effect and the sentences that explain it."""

    effect: Effect
    reasons: tuple[str, ...] = ()


ALLOWED = Decision(Effect.ALLOW)
