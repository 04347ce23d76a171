"""Tokens as clients send them, and answers to what goes wrong."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from entrepot.domain.errors import Unauthenticated
from entrepot.http.dispatch import token_of


def token_in(header: str | None) -> str | None:
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    return token_of(Request({"type": "http", "headers": headers}))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("Bearer hf_x", "hf_x"),
        ("bearer  hf_x ", "hf_x"),
        ("Bearer", ""),
        (basic("ada:hf_x"), "hf_x"),
        (basic("hf_x:"), "hf_x"),
        (basic("hf_x"), "hf_x"),
        (basic("a:b:c"), "b:c"),
        (basic(""), ""),
    ],
)
def test_a_token_is_a_bearer_or_the_password_that_git_sends(header: str | None, token: str | None) -> None:
    assert token_in(header) == token


@pytest.mark.parametrize("header", ["", "Digest x", "Basic %%%", "Basic \xe9", "hf_x", basic("x")[:-2] + "é"])
def test_other_credentials_are_told_how_to_be_sent(header: str) -> None:
    with pytest.raises(Unauthenticated):
        token_in(header)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
def test_any_header_is_a_token_or_refused(header: str) -> None:
    try:
        assert isinstance(token_in(header), str)
    except Unauthenticated:
        return
