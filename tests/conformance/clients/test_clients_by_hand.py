"""Clients that are not run here, by the requests that their sources make: llama.cpp and Rust hf-hub."""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from huggingface_hub import HfApi

from live_server import LiveServer

VOLATILE = {"date", "x-request-id"}
NAMES = (
    "m-Q8_0.gguf",
    "m-Q4_K_M.gguf",
    "mmproj-f16.gguf",
    "big-Q6_K-00001-of-00002.gguf",
    "big-Q6_K-00002-of-00002.gguf",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(tmp_path_factory.mktemp("data")) as live:
        folder = tmp_path_factory.mktemp("model")
        header = b"GGUF" + (3).to_bytes(4, "little") + (0).to_bytes(8, "little") * 2
        for name in (
            "m-Q8_0.gguf",
            "m-Q4_K_M.gguf",
            "mmproj-f16.gguf",
            "big-Q6_K-00001-of-00002.gguf",
            "big-Q6_K-00002-of-00002.gguf",
        ):
            (folder / name).write_bytes(header + name.encode())
        api = HfApi(endpoint=live.endpoint("models"), token=live.token)
        api.create_repo("ada/gguf")
        api.upload_folder(repo_id="ada/gguf", folder_path=folder)
        yield live


def ask(server: LiveServer, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = Request(f"{server.endpoint('models')}{path}", method=method)
    for name, value in ({"Authorization": f"Bearer {server.token}"} | headers).items():
        request.add_header(name, value)
    with urlopen(request, timeout=30) as answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def test_llama_cpp_finds_and_downloads_a_quantization(server: LiveServer) -> None:
    refs = json.loads(ask(server, "/api/models/ada/gguf/refs")[2])
    commit = next(branch["targetCommit"] for branch in refs["branches"] if branch["name"] == "main")
    assert len(commit) == 40
    tree = json.loads(ask(server, f"/api/models/ada/gguf/tree/{commit}?recursive=true")[2])
    assert "m-Q4_K_M.gguf" in {item["path"] for item in tree}
    status, headers, _ = ask(server, f"/ada/gguf/resolve/{commit}/m-Q4_K_M.gguf", "HEAD")
    assert status == 200 and headers["accept-ranges"] == "bytes" and headers["etag"]
    assert ask(server, f"/ada/gguf/resolve/{commit}/m-Q4_K_M.gguf", Range="bytes=4-")[0] == 206


@pytest.mark.parametrize(
    ("tag", "file"),
    [
        ("latest", "m-Q4_K_M.gguf"),
        ("Q8_0", "m-Q8_0.gguf"),
        ("q4_k_m", "m-Q4_K_M.gguf"),
        ("Q6_K", "big-Q6_K-00001-of-00002.gguf"),
    ],
)
def test_older_llama_cpp_asks_for_a_manifest(server: LiveServer, tag: str, file: str) -> None:
    _, _, body = ask(server, f"/v2/ada/gguf/manifests/{tag}", **{"User-Agent": "llama-cpp"})
    manifest = json.loads(body)
    assert manifest["ggufFile"]["rfilename"] == file
    assert manifest["mmprojFile"]["rfilename"] == "mmproj-f16.gguf"


def test_rust_clients_ask_for_the_first_byte_and_read_everything_from_its_headers(server: LiveServer) -> None:
    status, headers, body = ask(server, "/ada/gguf/resolve/main/m-Q8_0.gguf", Range="bytes=0-0")
    assert (status, body) == (206, b"G")
    assert headers["content-range"].startswith("bytes 0-0/")
    assert len(headers["x-repo-commit"]) == 40 and headers["etag"]


@pytest.mark.parametrize("path", ["/ada/gguf/resolve/main/m-Q8_0.gguf", "/ada/gguf/resolve/main/.gitattributes"])
@pytest.mark.parametrize("part", ["", "bytes=2-5"])
def test_head_says_what_get_would(server: LiveServer, path: str, part: str) -> None:
    more = {"Range": part} if part else {}
    head, get = ask(server, path, "HEAD", **more), ask(server, path, **more)
    volatile = {"date", "x-request-id"}
    assert head[0] == get[0]
    assert {k: v for k, v in head[1].items() if k not in volatile} == {
        k: v for k, v in get[1].items() if k not in volatile
    }
    assert head[2] == b"" and len(get[2]) == int(get[1]["content-length"])


def test_paths_may_be_written_with_doubled_slashes(server: LiveServer) -> None:
    assert ask(server, "//api/models//ada/gguf")[0] == 200


def test_what_a_gguf_says_of_itself_is_shown(server: LiveServer) -> None:
    info = json.loads(ask(server, "/api/models/ada/gguf")[2])
    assert info["library_name"] == "gguf" or "gguf" in info["tags"]
    assert info["gguf"]["total"] == 0
