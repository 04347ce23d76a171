"""transformers, datasets, the hf command and the JavaScript client: local, virtual, and through the proxy."""

import subprocess
from pathlib import Path

import pytest

from conformance.clients.conftest import CURRENT, PATIENCE, Client, Stack
from live_server import ROOT

HEAVY = Client("transformers", ROOT / ".venv-clients" / "bin" / "python", {})
JAVASCRIPT = Path(__file__).parent / "javascript"


@pytest.mark.clients
@pytest.mark.parametrize("script", ["transformers_trip.py", "datasets_trip.py"])
def test_models_and_datasets_are_pushed_and_loaded(stack: Stack, script: str, tmp_path: Path) -> None:
    name = f"ada/{script[:4]}-{stack.registry.port}"
    token = stack.registry.new_token("all:read,write")
    HEAVY.run(script, name, endpoint=stack.endpoint("virtual"), token=token, home=tmp_path / "local")
    HEAVY.run(script, f"{name}-up", endpoint=stack.source, token=stack.upstream.token, home=tmp_path / "author")
    reader = stack.registry.new_token("mirror:read")
    HEAVY.run(script, f"{name}-up", "read", endpoint=stack.endpoint("remote"), token=reader, home=tmp_path / "reader")


@pytest.mark.clients
def test_the_javascript_client(stack: Stack, tmp_path: Path) -> None:
    name = f"ada/js-{stack.registry.port}"
    token = stack.registry.new_token("models:read,write", "all:read,write", "mirror:read")

    def run(endpoint: str, secret: str, package: str, mode: str) -> None:
        command = ["node", "client.mjs", endpoint, secret, package, mode]
        done = subprocess.run(command, cwd=JAVASCRIPT, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    run(stack.endpoint("local"), token, name, "write")
    run(stack.endpoint("virtual"), token, name, "read")
    run(stack.source, stack.upstream.token, f"{name}-up", "write")
    run(stack.endpoint("remote"), token, f"{name}-up", "read")


def test_the_hf_command(stack: Stack, tmp_path: Path) -> None:
    token = stack.registry.new_token("all:read,write,delete")
    client = Client("hf", CURRENT, {})
    name = f"ada/command-{stack.registry.port}"

    def hf(*words: str) -> str:
        surroundings = client.surroundings(stack.endpoint("virtual"), token, tmp_path / "home")
        command = [str(CURRENT.parent / "hf"), *words]
        done = subprocess.run(
            command, env=surroundings, capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path, check=False
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(bytes(range(256)) * 20_000)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    assert "ada" in hf("auth", "whoami")
    hf("repos", "create", name)
    hf("upload", name, str(folder))
    hf("download", name, "--local-dir", str(tmp_path / "got"))
    assert (tmp_path / "got" / "weights.bin").read_bytes() == (folder / "weights.bin").read_bytes()
    hf("repos", "tag", "create", name, "v1")
    assert "v1" in hf("repos", "tag", "list", name)
    hf("repos", "branch", "create", name, "dev")
    assert name in hf("models", "ls", "--author", "ada", "--search", "command", "--quiet")
    assert "mit" in hf("models", "info", name)
    hf("download", name, "README.md", "--revision", "v1")
    hf("cache", "verify", name, "--local-dir", str(tmp_path / "got"))
    hf("repos", "delete-files", name, "weights.bin")
    hf("repos", "move", name, f"{name}-2")
    hf("repos", "delete", f"{name}-2", "--yes") if "--yes" in hf("repos", "delete", "--help") else hf(
        "repos", "delete", f"{name}-2"
    )
