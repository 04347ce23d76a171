"""Traces as JSON and back: how decisions remember which rule read which value."""

import json
from collections.abc import Sequence

from entrepot.domain.decision import Effect, Outcome, Reading, Step


def dump_trace(trace: Sequence[Step]) -> bytes:
    """The trace as JSON; the same trace is the same bytes."""
    lines = [
        [step.policy, step.rule, step.effect, step.outcome, [_of_reading(one) for one in step.readings], step.reason]
        for step in trace
    ]
    return json.dumps(lines, separators=(",", ":")).encode()


def _of_reading(one: Reading) -> list[object]:
    return [one.condition, one.wanted, one.value, one.answer, one.excepts]


def load_trace(data: bytes) -> tuple[Step, ...]:
    """The trace again; only what `dump_trace` made is ever kept."""
    return tuple(
        Step(policy, rule, Effect(effect), Outcome(outcome), tuple(Reading(*line) for line in readings), reason)
        for policy, rule, effect, outcome, readings, reason in json.loads(data)
    )
