"""`entrepot scan hf://…` asks a hub as other clients do, and fetches what the verdict needs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from live_server import LiveServer

TENSORS = 6_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(tmp_path_factory.mktemp("data")) as live:
        folder = tmp_path_factory.mktemp("model")
        header = json.dumps({"w": {"dtype": "F32", "shape": [TENSORS], "data_offsets": [0, 4 * TENSORS]}}).encode()
        (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4 * TENSORS))
        (folder / "bad.pkl").write_bytes(b"cos\nsystem\n(S'echo hi'\ntR.")
        (folder / "config.json").write_text("{}")
        live.api("DELETE", "/policies/default")  # it would not let the bad one in
        api = HfApi(endpoint=live.endpoint("models"), token=live.token)
        api.create_repo("ada/model")
        api.upload_folder(repo_id="ada/model", folder_path=folder)
        yield live


def scan(server: LiveServer, *words: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_ENDPOINT": server.endpoint("models"), "HF_TOKEN": token or server.token}
    command = [str(Path(sys.executable).parent / "entrepot"), "scan", "--format", "json", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_package_is_scanned_by_ranges(server: LiveServer) -> None:
    done = scan(server, "hf://ada/model")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    verdicts = {file["path"].rpartition("/")[2]: file["verdict"] for file in document["files"]}
    assert verdicts["bad.pkl"] == "malicious"
    assert verdicts["model.safetensors"] == "clean"
    assert document["summary"]["bytes_fetched"] < TENSORS


def test_one_file_of_a_revision_is_scanned(server: LiveServer) -> None:
    done = scan(server, "hf://ada/model@main/bad.pkl")
    files = json.loads(done.stdout)["files"]
    assert [(file["path"], file["verdict"]) for file in files] == [("hf://ada/model@main/bad.pkl", "malicious")]


@pytest.mark.parametrize("address", ["hf://ada/nothing", "hf://ada/model@nowhere", "hf://ada/model/nothing.pkl"])
def test_what_is_not_there_is_said_in_one_line(server: LiveServer, address: str) -> None:
    done = scan(server, address)
    assert done.returncode in (1, 4)
    assert done.stderr.count("\n") == 1 and address in done.stderr


def test_a_token_that_does_not_count_opens_nothing(server: LiveServer) -> None:
    assert scan(server, "hf://ada/model", token="hf_" + "x" * 37).returncode != 0
