"""Capabilities: good for what they say until they expire, and not to be made or bent by anybody else."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import Corrupt, Forbidden
from entrepot.operations.signing import MAX_CAPABILITY, Signer, new_token

SIGNER = Signer("a key")
CLAIMS = {"package": "ada/model", "size": 5, "token": None}


def test_a_capability_says_what_was_put_in() -> None:
    opened = SIGNER.open("upload", SIGNER.sign("upload", CLAIMS, 60))
    assert {key: opened[key] for key in CLAIMS} == CLAIMS


def test_a_capability_is_good_for_one_purpose_one_key_and_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SIGNER.sign("upload", CLAIMS, 60)
    for signer, purpose in ((SIGNER, "download"), (SIGNER, "upload\0"), (Signer("another key"), "upload")):
        with pytest.raises(Forbidden):
            signer.open(purpose, made)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(Forbidden, match="expired"):
        SIGNER.open("upload", made)


def test_a_capability_stands_in_a_url_as_it_is() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", SIGNER.sign("upload", {"x": "é?/&" * 50}, 60))


@given(at=st.integers(0, 1000), char=st.sampled_from("Aa0-_.=+/ é"))
def test_a_capability_that_was_bent_opens_nothing_else(at: int, char: str) -> None:
    made = SIGNER.sign("upload", CLAIMS, 60)
    at %= len(made)
    bent = made[:at] + char + made[at + 1 :]
    try:
        opened = SIGNER.open("upload", bent)
    except Forbidden:
        return
    # Base64 can spell the same bytes in more than one way.
    assert {key: opened[key] for key in CLAIMS} == CLAIMS


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,50}", fullmatch=True))
def test_what_was_not_made_here_is_refused(text: str) -> None:
    with pytest.raises(Forbidden):
        SIGNER.open("upload", text)


def test_what_is_too_long_was_not_made_here() -> None:
    with pytest.raises(Forbidden):
        SIGNER.open("upload", SIGNER.sign("upload", {"x": "y" * MAX_CAPABILITY}, 60))


@given(st.text(min_size=1))
def test_a_secret_is_read_with_the_key_that_it_was_kept_with(secret: str) -> None:
    kept = SIGNER.encrypt(secret)
    assert secret == SIGNER.decrypt(kept)
    assert json.dumps(secret) not in kept
    with pytest.raises(Corrupt):
        Signer("another key").decrypt(kept)


def test_no_secret_is_no_secret() -> None:
    assert (SIGNER.encrypt(""), SIGNER.decrypt("")) == ("", "")


def test_tokens_are_what_clients_accept() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"hf_[A-Za-z0-9]{37}", token) for token in tokens)
