"""Whatever stands in cards, texts, headers and configurations: an answer within the budget, never an exception."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.domain.licensing import Declaration, Standing
from entrepot.licenses import (
    base_models,
    combine,
    inherit,
    is_license_file,
    look_up,
    of_card,
    of_config,
    of_header,
    of_text,
)
from entrepot.licenses.expressions import MAX_ALTERNATIVES, read

_WORD = st.sampled_from(["MIT", "Apache-2.0", "GPL-2.0+", "llama3.1", "zork", "Classpath-exception-2.0", "other", ""])
_GLUE = st.sampled_from([" OR ", " AND ", " WITH ", "(", ")", " ", "+", "/", ",", "\0", "\u200b"])
_EXPRESSION = st.lists(st.one_of(_WORD, _GLUE), max_size=40).map("".join)
_TEXT = st.one_of(_EXPRESSION, st.text(max_size=400))
_JUNK: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=20), st.dictionaries(_TEXT, inner, max_size=5)),
    max_leaves=20,
)
_FIELDS = ["license", "license_name", "license_link", "license_details", "licenses", "general.license", "base_model"]
_CARD = st.dictionaries(st.sampled_from(_FIELDS), _JUNK)


def _is_sound(declared: Declaration) -> None:
    assert all(look_up(license_id) for license_id in declared.ids)
    assert len(declared.text) <= 200
    assert len(declared.alternatives) <= MAX_ALTERNATIVES
    assert declared.standing is not Standing.KNOWN or (declared.ids and declared.alternatives)
    if declared.standing is Standing.KNOWN:
        assert {name for way in declared.alternatives for name in way} <= set(declared.ids)


@given(_CARD)
@settings(deadline=None)
def test_cards_of_any_kind_are_answered(card: dict[str, object]) -> None:
    declared = (*of_card(card), *of_config(card))
    for one in declared:
        _is_sound(one)
    found = combine(declared, inherit("org/base", combine(of_card(card))))
    assert len(base_models(card)) <= 64
    assert not found.permitted([])
    assert found.permitted([name for one in declared for way in one.alternatives for name in way]) in (True, False)


@given(_TEXT, st.text(max_size=50))
@settings(deadline=None)
def test_texts_of_any_kind_are_answered(text: str, place: str) -> None:
    declared = of_text(text, place)
    if declared:
        _is_sound(declared)
    for one in of_header(f"// SPDX-License-Identifier: {text}", place):
        _is_sound(one)
    assert is_license_file(place) in (True, False)


@given(_EXPRESSION)
@settings(deadline=None)
def test_an_expression_names_what_its_alternatives_are_made_of(text: str) -> None:
    found = read(text)
    if found:
        assert {name for way in found.alternatives for name in way} == {*found.ids, *found.unknown}
        assert all(found.alternatives)


@given(st.lists(_WORD, min_size=1, max_size=6), st.sets(_WORD))
@settings(deadline=None)
def test_what_more_licenses_permit_is_never_less(words: list[str], allowed: set[str]) -> None:
    found = combine(of_card({"license": words}))
    if found.permitted(allowed):
        assert found.permitted(allowed | {"ISC"})
    if found.touched(allowed):
        assert found.touched(allowed | {"ISC"})
