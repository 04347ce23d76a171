"""Errors as clients read them: in headers, in one line, whatever the message is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from entrepot.domain import errors
from entrepot.domain.errors import EntrepotError
from entrepot.protocols.api.errors import answer as api_answer
from entrepot.protocols.huggingface.errors import MAX_MESSAGE, answer

COMMIT = "c" * 40


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.RepositoryNotFound("x"), 404, "RepoNotFound"),
        (errors.PackageNotFound("x"), 404, "RepoNotFound"),
        (errors.RevisionNotFound("x"), 404, "RevisionNotFound"),
        (errors.FileNotFound("x", COMMIT), 404, "EntryNotFound"),
        (errors.Unauthenticated("x"), 401, None),
        (errors.Forbidden("x"), 403, None),
        (errors.Blocked("x"), 403, "GatedRepo"),
        (errors.Invalid("x"), 400, None),
        (errors.TooLarge("x"), 413, None),
        (errors.AlreadyExists("x"), 409, None),
        (errors.StaleParent("x"), 412, None),
        (errors.RangeNotSatisfiable("x", 7), 416, None),
        (errors.NotReady("x", 3), 503, None),
        (errors.UpstreamUnavailable("x", 3), 503, None),
        (errors.UpstreamRefused("x", 500), 502, None),
        (errors.UpstreamRefused("x", 403, "GatedRepo"), 403, "GatedRepo"),
        (errors.UpstreamRefused("x", 404, "GatedRepo"), 502, None),
        (errors.Corrupt("x"), 500, None),
        (EntrepotError("x"), 500, None),
    ],
)
def test_every_error_has_its_status_and_word(error: EntrepotError, status: int, code: str | None) -> None:
    response = answer(error)
    assert (response.status_code, response.headers.get("x-error-code")) == (status, code)


def test_errors_carry_what_helps() -> None:
    assert answer(errors.FileNotFound("x", COMMIT)).headers["x-repo-commit"] == COMMIT
    assert "x-repo-commit" not in answer(errors.FileNotFound("x")).headers
    assert answer(errors.RangeNotSatisfiable("x", 7)).headers["content-range"] == "bytes */7"
    assert answer(errors.NotReady("x", 3)).headers["retry-after"] == "3"
    assert answer(errors.Unauthenticated("x")).headers["www-authenticate"].startswith("Basic ")


def test_somebody_without_a_token_is_asked_for_one_with_the_same_word() -> None:
    response = answer(errors.PackageNotFound("x"), anonymous=True)
    assert (response.status_code, response.headers["x-error-code"]) == (401, "RepoNotFound")
    assert answer(errors.FileNotFound("x", COMMIT), anonymous=True).status_code == 404
    assert api_answer(errors.NotFound("x"), anonymous=True).status_code == 401


@given(st.text(st.characters(min_codepoint=0, exclude_categories=["Cs"]), max_size=60) | st.just("x" * 5000))
def test_a_message_is_one_line_of_plain_text_in_the_header_and_whole_in_the_body(message: str) -> None:
    response: Response = answer(errors.Invalid(message))
    header = response.headers["x-error-message"]
    assert header.isascii() and (header.isprintable() or not header) and len(header) <= MAX_MESSAGE
    assert json.loads(response.body)["error"] == message
    assert json.loads(api_answer(errors.Invalid(message)).body)["error"]["message"] == message


@given(st.text(st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF), max_size=5))
def test_half_a_character_in_a_message_is_no_error_of_ours(message: str) -> None:
    assert answer(errors.Invalid(f"not a name: {message!r}")).status_code == 400
