"""A registry inside asks one at the border, and only that one asks outside: what the border refuses is not there."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.clients.conftest import CLIENTS
from conformance.clients.test_firewall_with_clients import CARD, GOOD, MALICIOUS, OPEN, name_for
from live_server import LiveServer

CLIENT = CLIENTS["hub-2.4.0-xet"]
LICENSED = """name = "licensed"
[[rule]]
name = "approved"
effect = "block"
reason = "not approved license"
license.standing = ["missing", "unknown"]
unless.approved = true
"""


@dataclass(frozen=True)
class Tiers:
    """Three instances: what the world has, the one at the border, the one inside."""

    outside: LiveServer
    border: LiveServer
    inside: LiveServer

    def put(self, name: str, files: dict[str, bytes], home: Path) -> None:
        """A package outside."""
        folder = home / f"put-{time.monotonic_ns()}"
        folder.mkdir()
        for path, data in files.items():
            (folder / path).write_bytes(data)
        endpoint, token = self.outside.endpoint("models"), self.outside.token
        said = CLIENT.run("put.py", name, folder, endpoint=endpoint, token=token, home=home / "author")
        assert "REFUSED" not in said, said

    def tries(self, name: str, home: Path, *paths: str) -> str:
        """What a person inside sees who tries to download."""
        endpoint, token = self.inside.endpoint("mirror"), self.inside.token
        reader = home / f"reader-{time.monotonic_ns()}"
        return CLIENT.run("try_download.py", name, *paths, endpoint=endpoint, token=token, home=reader)


@pytest.fixture(scope="module")
def tiers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiers]:
    folder = tmp_path_factory.mktemp("tiers")
    quick = {"branch_seconds": 0, "missing_seconds": 0}
    with (
        LiveServer(folder / "outside", scanning="off") as outside,
        LiveServer(folder / "border", **quick) as border,
        LiveServer(folder / "inside", **quick) as inside,
    ):
        outside.api("POST", "/policies", {"text": OPEN})
        border.api("POST", "/policies", {"text": LICENSED})
        for server, upstream, key in ((border, outside, "models"), (inside, border, "mirror")):
            remote = {"key": "mirror", "kind": "remote", "upstream": upstream.endpoint(key)}
            server.api("POST", "/repositories", remote | {"upstream_token": upstream.token})
        yield Tiers(outside, border, inside)


def test_what_the_border_lets_in_arrives_inside(tiers: Tiers, tmp_path: Path) -> None:
    name = name_for("fine")
    tiers.put(name, {"README.md": CARD, "model.safetensors": GOOD}, tmp_path)
    assert "GOT model.safetensors" in tiers.tries(name, tmp_path)
    given = [line["client"] for line in tiers.border.api("GET", "/decisions?downloads=true")["decisions"]]
    assert any("entrepot" in client.lower() for client in given), given


def test_a_file_that_the_border_blocks_is_refused_inside_with_the_reason(tiers: Tiers, tmp_path: Path) -> None:
    name = name_for("bad")
    tiers.put(name, {"README.md": CARD, "pytorch_model.bin": MALICIOUS, "model.safetensors": GOOD}, tmp_path)
    said = tiers.tries(name, tmp_path, "pytorch_model.bin")
    assert said.startswith("REFUSED"), said
    assert "malicious" in said and f"{tiers.border.origin}/decisions/" in said, said
    assert "GOT model.safetensors" in tiers.tries(name, tmp_path, "model.safetensors")


def test_a_package_that_the_border_blocks_is_refused_inside_and_comes_once_it_is_waived(
    tiers: Tiers, tmp_path: Path
) -> None:
    name = name_for("unlicensed")
    tiers.put(name, {"README.md": b"# No license\n", "model.safetensors": GOOD}, tmp_path)
    said = tiers.tries(name, tmp_path)
    assert said.startswith("REFUSED") and "not approved license" in said, said
    refused = tiers.border.api("GET", "/decisions?blocked=true")["decisions"][0]
    asked = tiers.border.api("POST", "/waivers", {"decision": refused["id"], "reason": "for a test", "days": 1})
    tiers.border.api("POST", f"/waivers/{asked['id']}", {"standing": "granted", "answer": "fine"})
    time.sleep(1.2)
    assert "GOT model.safetensors" in tiers.tries(name, tmp_path)
