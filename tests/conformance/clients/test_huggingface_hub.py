"""The stock huggingface_hub, of two generations, over Xet and plain: local, remote and virtual repositories."""

import json
from pathlib import Path

import pytest

from conformance.clients.conftest import Client, Stack


def _name(client: Client, stack: Stack, what: str) -> str:
    return f"ada/{what}-{client.name.replace('.', '-')}-{stack.registry.port}"


@pytest.mark.parametrize("kind", ["local", "virtual"])
def test_everything_that_the_api_can_do(stack: Stack, client: Client, kind: str, tmp_path: Path) -> None:
    endpoint, token = (
        stack.endpoint(kind),
        stack.registry.new_token("models:read,write,delete", "all:read,write,delete"),
    )
    client.run("round_trip.py", _name(client, stack, kind), endpoint=endpoint, token=token, home=tmp_path)


def test_what_upstream_has_is_had_here_and_stays_when_upstream_is_gone(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    name = _name(client, stack, "upstream")
    made = client.run(
        "round_trip.py", name, endpoint=stack.source, token=stack.upstream.token, home=tmp_path / "author"
    )
    token = stack.registry.new_token("mirror:read", "all:read")
    for number, kind in enumerate(["remote", "virtual"]):
        got = client.run("download.py", name, endpoint=stack.endpoint(kind), token=token, home=tmp_path / str(number))
        assert json.loads(got) == json.loads(made)
