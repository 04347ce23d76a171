"""Texts of people: kept as they are, or refused with a reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.domain.text import checked


@given(st.text(st.characters(min_codepoint=0), max_size=20))
def test_a_text_that_passes_can_be_written_anywhere(text: str) -> None:
    try:
        assert checked(text, "the title", 10) == text
    except Invalid as error:
        assert "the title" in error.message
        return
    assert json.loads(json.dumps(text, ensure_ascii=False).encode()) == text
    assert "\0" not in text and len(text) <= 10


def test_a_text_that_is_too_long_is_told_so() -> None:
    with pytest.raises(TooLarge, match="3"):
        checked("four", "x", 3)
