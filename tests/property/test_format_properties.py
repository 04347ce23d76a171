"""Whatever the bytes: no fault in any parser, nothing beyond the budget, and never clean unless all was read."""

import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.scan import Coverage, Limits, Report, Scanner, Verdict, scan_bytes
from entrepot.scan.budget import Budget, OutOfBudget, Unreadable, Unrecognized
from entrepot.scan.choice import candidates, formats
from entrepot.scan.engine import FAULT
from entrepot.scan.formats import Member
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource
from golden.pairs import seeds

LIMITS = Limits(seconds=20, bytes_read=64 << 20, bytes_unpacked=64 << 20, members=2_000, opcodes=2_000_000)
SCANNER = Scanner(LIMITS, frozenset(("privacy", "secrets", "copyright", "poisoning")))
SEEDS = sorted({data: name for name, data in seeds() if len(data) < 200_000}.items())
# The same examples each time, so that what lands is what was tested; `make fuzz` looks for new ones.
MANY = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@st.composite
def _damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    data, name = draw(st.sampled_from(SEEDS))
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(changed) - 1)))
        match draw(st.sampled_from(("cut", "flip", "splice", "repeat", "insert", "number"))):
            case "cut":
                del changed[at:]
            case "flip" if changed:
                changed[at] ^= 1 << draw(st.integers(0, 7))
            case "splice":
                other, _ = draw(st.sampled_from(SEEDS))
                changed[at:] = other[at:][:50_000]
            case "repeat":
                changed[at:at] = changed[at : at + draw(st.integers(1, 64))]
            case "insert":
                changed[at:at] = draw(st.binary(max_size=16))
            case "number":
                changed[at : at + 8] = draw(st.integers(0, 2**64 - 1)).to_bytes(8, "little")
            case _:
                pass
    return name, bytes(changed)


def _sound(report: Report) -> None:
    assert not [unread for unread in report.unread if FAULT in unread.reason], report.unread
    assert report.verdict is not Verdict.CLEAN or report.coverage is Coverage.FULL
    assert report.bytes_read <= LIMITS.bytes_read + (64 << 20)


@MANY
@given(_damaged())
def test_damaged_files_are_reported_on_within_the_budget(damaged: tuple[str, bytes]) -> None:
    name, data = damaged
    began = time.monotonic()
    _sound(scan_bytes(data, name, SCANNER))
    assert time.monotonic() - began < 3 * LIMITS.seconds


@MANY
@given(st.binary(max_size=600), st.sampled_from([name for _, name in SEEDS] or [""]))
def test_any_bytes_are_reported_on(data: bytes, name: str) -> None:
    _sound(scan_bytes(data, name, SCANNER))


@pytest.mark.parametrize("name", sorted(formats()))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(damaged=_damaged())
def test_a_format_raises_nothing_but_what_it_may(name: str, damaged: tuple[str, bytes]) -> None:
    form = formats()[name]
    budget = Budget(LIMITS)
    sample = Sample(damaged[0], BytesSource(damaged[1]), budget)
    try:
        form.recognize(sample)
        for found in form.inspect(sample, budget):
            if isinstance(found, Member):
                found.source.read(0, 64)
    except (Unreadable, Unrecognized, OutOfBudget):
        pass


@MANY
@given(_damaged())
def test_a_format_that_is_not_asked_would_not_have_recognized_the_bytes(damaged: tuple[str, bytes]) -> None:
    name, data = damaged
    sample = Sample(name, BytesSource(data), Budget(LIMITS))
    asked = {form.name for form in candidates(sample.head[:1], sample.suffix, sample.basename)}
    for form in formats().values():
        if form.name not in asked:
            with suppress(Unreadable, OutOfBudget):
                assert not form.recognize(sample), form.name
