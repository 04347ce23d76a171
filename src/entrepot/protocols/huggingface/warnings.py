"""What policy lets pass with a warning, clients print: once for each topic of an `X-HF-Warning`."""

from entrepot.domain.decision import Decision, Effect
from entrepot.protocols.huggingface.errors import one_line

TOPIC = "entrepot"


def warning(decision: Decision) -> dict[str, str]:
    """The header for a decision that warns; none for any other."""
    if decision.effect is not Effect.WARN:
        return {}
    topic = f"{TOPIC} {decision.rule}".replace(";", ",")
    return {"X-HF-Warning": one_line(f"{topic}; {'; '.join(decision.reasons)}")}
