"""What is kept as text is the same again: reports, traces, dossiers; and what is no report is refused as such."""

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.decision import Effect, Outcome, Reading, Step
from entrepot.domain.decision_text import dump_trace, load_trace
from entrepot.domain.errors import Invalid
from entrepot.domain.licensing import Declaration, Where
from entrepot.domain.licensing import Standing as Known
from entrepot.domain.report import (
    Capability,
    Category,
    Confidence,
    Coverage,
    Finding,
    Location,
    Report,
    Severity,
    Unread,
)
from entrepot.domain.report_text import dump, load
from entrepot.operations import dossier_text
from entrepot.operations.dossier_text import Page, Written

# Whatever a file may hold: also what is no text.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=40)
RULES = st.from_regex(r"[a-z]{1,12}\.[a-z0-9-]{1,30}", fullmatch=True)
NUMBERS = st.none() | st.integers(0, 1 << 70)
SIZES = st.integers(0, 1 << 50)

PLACES = st.builds(Location, TEXTS, NUMBERS, NUMBERS, NUMBERS)
FINDINGS = st.builds(
    Finding,
    RULES,
    st.sampled_from(Severity),
    st.sampled_from(Confidence),
    st.sampled_from(Category),
    PLACES,
    TEXTS,
    TEXTS,
)
UNREADS = st.builds(Unread, TEXTS, NUMBERS, NUMBERS, TEXTS)
REPORTS = st.builds(
    Report,
    scanner=TEXTS,
    coverage=st.sampled_from(Coverage),
    formats=st.lists(TEXTS, max_size=3).map(tuple),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    unread=st.lists(UNREADS, max_size=3).map(tuple),
    capability=st.sampled_from(Capability),
    size=SIZES,
    sha256=st.none() | st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    bytes_read=SIZES,
)
READINGS = st.builds(Reading, TEXTS, TEXTS, TEXTS, st.none() | st.booleans(), st.booleans())
STEPS = st.builds(
    Step,
    TEXTS,
    TEXTS,
    st.sampled_from(Effect),
    st.sampled_from(Outcome),
    st.lists(READINGS, max_size=3).map(tuple),
    TEXTS,
)
IDS = st.lists(TEXTS, max_size=3).map(tuple)
DECLARATIONS = st.builds(
    Declaration,
    st.sampled_from(Where),
    TEXTS,
    TEXTS,
    IDS,
    st.sampled_from(Known),
    TEXTS,
    st.lists(IDS, max_size=3).map(tuple),
)
DOSSIERS = st.builds(
    Written,
    pages=st.lists(st.builds(Page, TEXTS, SIZES, TEXTS), max_size=3).map(tuple),
    declared=st.lists(DECLARATIONS, max_size=3).map(tuple),
    inherited=st.lists(DECLARATIONS, max_size=2).map(tuple),
    has_bases=st.booleans(),
    is_complete=st.just(True),
)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(REPORTS)
def test_a_report_is_the_same_again(report: Report) -> None:
    again = load(dump(report))
    assert again == report
    assert again.verdict is report.verdict
    assert dump(again) == dump(report)
    assert dump(report).isascii()


@given(st.binary(max_size=200) | JSONS.map(lambda said: json.dumps(said).encode()))
def test_anything_else_is_refused_as_no_report(data: bytes) -> None:
    with suppress(Invalid):
        load(data)


@given(REPORTS, st.data())
def test_a_report_with_a_part_that_is_something_else_is_none_or_still_one(report: Report, data: st.DataObject) -> None:
    said = json.loads(dump(report))
    said[data.draw(st.sampled_from(sorted(said)))] = data.draw(JSONS)
    try:
        again = load(json.dumps(said).encode())
    except Invalid:
        return
    assert load(dump(again)) == again


@given(REPORTS, st.data())
def test_a_report_that_was_cut_off_is_none(report: Report, data: st.DataObject) -> None:
    text = dump(report)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    try:
        load(cut)
    except Invalid:
        return
    raise AssertionError(cut)


@given(st.lists(STEPS, max_size=4).map(tuple))
def test_a_trace_is_the_same_again_and_always_the_same_bytes(trace: tuple[Step, ...]) -> None:
    again = load_trace(dump_trace(trace))
    assert again == trace
    assert dump_trace(again) == dump_trace(trace)


@given(DOSSIERS)
def test_a_dossier_is_the_same_again(written: Written) -> None:
    assert dossier_text.load(dossier_text.dump(written)) == written
