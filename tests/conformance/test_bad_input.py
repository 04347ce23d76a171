"""What is malformed gets a 4xx whose message names what was wrong; nothing of it becomes visible."""

import base64
import http.client
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from live_server import LiveServer

HEX = "ab" * 32


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(tmp_path_factory.mktemp("data"), log_level="warning") as live:
        Asking(live).ok("POST", "/hub/models/api/repos/create", {"name": "ada/model"})
        yield live


class Asking:
    """Raw requests: what a stock client would refuse to send has to be sent as well."""

    def __init__(self, server: LiveServer, token: str | None = None) -> None:
        self.server = server
        self.token = server.token if token is None else token

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers in lowercase, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            for name, value in (own | {"Content-Length": str(len(data))} | dict(headers or {})).items():
                connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def ok(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """The JSON of an answer that has to be fine."""
        status, _, data = self.ask(method, path, body, **more)
        assert status < 300, (status, data)
        return json.loads(data) if data else None

    def refused(self, status: int, word: str, method: str, path: str, body: object = None, **more: Any) -> None:
        """The request is refused with this status, and the message has this word in it."""
        found, headers, data = self.ask(method, path, body, **more)
        assert found == status, (found, data)
        message = headers.get("x-error-message", "") + data.decode()
        assert word in message, message
        assert "Traceback" not in message


def lines(*items: tuple[str, Mapping[str, Any]]) -> bytes:
    """A commit's body."""
    return b"\n".join(json.dumps({"key": key, "value": value}).encode() for key, value in items)


HEADER = ("header", {"summary": "s", "description": ""})


def commit_of(*items: tuple[str, Mapping[str, Any]]) -> bytes:
    return lines(HEADER, *items)


def inline(path: str, content: str = "eA==") -> tuple[str, Mapping[str, Any]]:
    return "file", {"path": path, "content": content, "encoding": "base64"}


@pytest.mark.parametrize(
    "path",
    [
        "../up",
        "a/../../up",
        "/absolute",
        "a//b",
        "a/./b",
        ".git/config",
        "a/.GIT/x",
        "git~1/x",
        "a\\b",
        "nul\0",
        "x" * 300,
        "a/" * 600 + "b",
        ".g\u200cit/config",
        "a/.git ",
        "\ud800",
        "tab\there",
    ],
)
def test_paths_that_leave_or_hide_are_refused(server: LiveServer, path: str) -> None:
    asking = Asking(server)
    asking.refused(400, "path", "POST", "/hub/models/api/models/ada/model/commit/main", commit_of(inline(path)))
    tree = asking.ok("GET", "/hub/models/api/models/ada/model/tree/main?recursive=true")
    assert [item["path"] for item in tree] == [".gitattributes"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "header"),
        (b"not json\n", "line 1"),
        (b'{"key": "file"}\n', "line 1"),
        (b"[1]\n", "line 1"),
        (lines(inline("a.txt")), "header"),
        (commit_of(("file", {"path": "a.txt", "content": "%%%", "encoding": "base64"})), "a.txt"),
        (commit_of(("file", {"path": "a.txt", "content": 7})), "a.txt"),
        (commit_of(("file", {"path": "a.txt", "content": "x", "encoding": "rot13"})), "a.txt"),
        (commit_of(("lfsFile", {"path": "a.bin", "algo": "md5", "oid": HEX})), "sha256"),
        (commit_of(("lfsFile", {"path": "a.bin", "oid": "zz"})), "SHA-256"),
        (commit_of(("lfsFile", {"path": "a.bin", "oid": HEX, "size": -1})), "size"),
        (commit_of(("lfsFile", {"path": "a.bin", "oid": HEX, "size": 5})), "not been uploaded"),
        (commit_of(("renameFile", {"path": "a"})), "renameFile"),
        (commit_of(inline("a"), inline("a/b")), "a/b"),
        (commit_of() + b"\n" + b'{"key": "file", "value": {' + b'"a":' * 2000, "line 2"),
        (commit_of() + b"\n" + b"[" * 100_000, "line 2"),
    ],
)
def test_commits_that_make_no_sense_are_refused_and_leave_nothing(server: LiveServer, body: bytes, word: str) -> None:
    asking = Asking(server)
    before = asking.ok("GET", "/hub/models/api/models/ada/model/revision/main")["sha"]
    asking.refused(400, word, "POST", "/hub/models/api/models/ada/model/commit/main", body)
    assert asking.ok("GET", "/hub/models/api/models/ada/model/revision/main")["sha"] == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", "/api/repos/create", {"name": "ada/a--b"}, 400, "a--b"),
        ("POST", "/api/repos/create", {"name": "ada/.hidden"}, 400, "hidden"),
        ("POST", "/api/repos/create", {"name": "ada/x.git"}, 400, ".git"),
        ("POST", "/api/repos/create", {"name": "datasets/x"}, 400, "reserved"),
        ("POST", "/api/repos/create", {"name": "\u0430da/x"}, 400, "name"),
        ("POST", "/api/repos/create", {"name": "ada/" + "x" * 97}, 400, "96"),
        ("POST", "/api/repos/create", {"name": "ADA/Model"}, 409, "already"),
        ("POST", "/api/repos/create", {"name": "ada/x", "type": "song"}, 400, "song"),
        ("POST", "/api/repos/create", b"[]", 400, "object"),
        ("POST", "/api/repos/create", b"{", 400, "JSON"),
        ("POST", "/api/repos/create", b" " * (2 << 20), 413, "bytes"),
        ("GET", "/api/models/ada/model/revision/nowhere", None, 404, "nowhere"),
        ("GET", "/api/models/ada/model/revision/%2E%2E", None, 404, "rev"),
        ("GET", "/api/models/ada/model/tree/main/nowhere", None, 404, "nowhere"),
        ("GET", "/api/models/ada/model/tree/main?limit=x", None, 400, "limit"),
        ("GET", "/api/models/ada/model/tree/main?cursor=-1", None, 400, "cursor"),
        ("GET", "/api/models?cursor=%F0%9F", None, 400, "cursor"),
        ("GET", "/api/nowhere", None, 404, "path"),
        ("GET", "/ada/model/resolve/main/%ff", None, 400, "UTF-8"),
        ("GET", "/ada/model/resolve/main/..%2f..%2fsecret", None, 400, "path"),
        ("POST", "/api/models/ada/model/branch/bad%20name", {}, 400, "bad name"),
        ("POST", "/api/models/ada/model/branch/a..b", {}, 400, "a..b"),
        ("POST", f"/api/models/ada/model/branch/{'a' * 40}", {}, 400, "commit id"),
        ("POST", "/api/models/ada/model/branch/x", {"startingPoint": "nowhere"}, 404, "nowhere"),
        ("POST", "/api/models/ada/model/tag/main", {"tag": ""}, 400, "tag"),
        ("DELETE", "/api/models/ada/model/branch/main", None, 409, "main"),
        ("DELETE", "/api/models/ada/model/tag/nothing", None, 404, "nothing"),
        ("PUT", "/api/models/ada/model/settings", {"gated": "perhaps"}, 400, "gated"),
        ("POST", "/api/models/ada/model/preupload/main", {"files": [{"path": "x", "sample": "%"}]}, 400, "sample"),
        ("POST", "/api/models/ada/model/preupload/main", {"files": {}}, 400, "files"),
        ("POST", "/api/models/ada/model/paths-info/main", b"\xff\xfe", 200, "[]"),
        ("POST", "/ada/model.git/info/lfs/objects/batch", {"operation": "steal", "objects": []}, 400, "steal"),
        ("POST", "/ada/model.git/info/lfs/objects/batch", {"operation": "upload", "objects": [{"oid": 1}]}, 400, "oid"),
        (
            "POST",
            "/ada/model.git/info/lfs/objects/batch",
            {"operation": "upload", "hash_algo": "md5", "objects": []},
            400,
            "sha256",
        ),
        ("PUT", "/lfs/forged.link", b"x", 403, "link"),
        ("PUT", "/lfs/%00", b"x", 403, "link"),
        ("POST", "/api/models/ada/model/discussions", {"title": "x", "pullRequest": False}, 403, "pull requests"),
        ("GET", "/api/models/ada/model/discussions", None, 403, "disabled"),
    ],
)
def test_requests_that_make_no_sense_are_told_why(
    server: LiveServer, method: str, path: str, body: object, status: int, word: str
) -> None:
    Asking(server).refused(status, word, method, f"/hub/models{path}", body)


@pytest.mark.parametrize("token", ["hf_wrong", "", "x" * 300, "hf_" + "a" * 37])
def test_a_token_that_is_not_valid_opens_nothing(server: LiveServer, token: str) -> None:
    status, headers, _ = Asking(server, token).ask("GET", "/hub/models/api/models/ada/model")
    assert status == 401
    assert "credentials" in headers["x-error-message"] or headers["x-error-code"] == "RepoNotFound"


@pytest.mark.parametrize("header", ["Basic %%%", "Digest x", "Bearer", "Basic " + base64.b64encode(b"\xff").decode()])
def test_credentials_that_are_malformed_are_told_so(server: LiveServer, header: str) -> None:
    found, _, _ = Asking(server, "").ask("GET", "/hub/models/api/whoami-v2", headers={"Authorization": header})
    assert found == 401


def test_who_may_not_read_is_told_that_nothing_is_there(server: LiveServer) -> None:
    token = server.new_token("huggingface:read")
    for path in (
        "/api/models/ada/model",
        "/ada/model/resolve/main/.gitattributes",
        "/api/models",
        "/ada/model/info/refs",
    ):
        status, headers, _ = Asking(server, token).ask("GET", f"/hub/models{path}?service=git-upload-pack")
        assert (status, headers["x-error-code"]) == (404, "RepoNotFound"), path
    missing = Asking(server, token).ask("GET", "/hub/nowhere/api/models/ada/model")
    assert (missing[0], missing[1]["x-error-code"]) == (404, "RepoNotFound")


def test_who_may_read_and_not_write_is_told_what_is_missing(server: LiveServer) -> None:
    reader = Asking(server, server.new_token("models:read"))
    reader.refused(403, "write", "POST", "/hub/models/api/repos/create", {"name": "ada/other"})
    reader.refused(403, "write", "POST", "/hub/models/api/models/ada/model/commit/main", commit_of(inline("x")))
    writer = Asking(server, server.new_token("models:read,write"))
    writer.refused(403, "delete", "DELETE", "/hub/models/api/repos/delete", {"name": "ada/model"})


def test_a_revoked_and_an_expired_token_open_nothing(server: LiveServer) -> None:
    made = server.api("POST", "/tokens", {"name": "t", "user": "eve", "scopes": ["models:read"]})
    assert Asking(server, made["token"]).ask("GET", "/hub/models/api/models/ada/model")[0] == 200
    server.api("DELETE", f"/tokens/{made['id']}")
    assert Asking(server, made["token"]).ask("GET", "/hub/models/api/models/ada/model")[0] == 401


@pytest.mark.parametrize(
    ("header", "status", "length"),
    [
        ("bytes=0-0", 206, 1),
        ("bytes=-5", 206, 5),
        ("bytes=10-", 206, None),
        ("bytes=999999-", 416, 0),
        ("bytes=-0", 416, 0),
        ("bytes=5-2", 200, None),
        ("bytes=0-1,3-4", 200, None),
        ("chunks=0-1", 200, None),
        ("bytes=" + "9" * 30 + "-", 200, None),
    ],
)
def test_ranges(server: LiveServer, header: str, status: int, length: int | None) -> None:
    path = "/hub/models/ada/model/resolve/main/.gitattributes"
    whole = Asking(server).ask("GET", path)[2]
    found, headers, body = Asking(server).ask("GET", path, headers={"Range": header})
    assert found == status
    if status == 416:
        assert headers["content-range"] == f"bytes */{len(whole)}"
    if length is not None and status == 206:
        assert len(body) == length
    if status == 206:
        assert body in whole and headers["content-range"].endswith(f"/{len(whole)}")


def test_an_upload_that_is_not_what_was_announced_is_refused(server: LiveServer) -> None:
    asking = Asking(server)
    batch = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": HEX, "size": 4}]}
    answer = asking.ok("POST", "/hub/models/ada/model.git/info/lfs/objects/batch", batch)
    href = answer["objects"][0]["actions"]["upload"]["href"].removeprefix(server.origin)
    for body, status, word in ((b"1234", 400, "announced"), (b"123", 400, "bytes"), (b"12345", 400, "bytes")):
        Asking(server, "").refused(status, word, "PUT", href, body)
    asking.refused(404, "arrived", "POST", "/hub/models/ada/model.git/info/lfs/verify", {"oid": HEX, "size": 4})
    Asking(server, "").refused(403, "link", "GET", href)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "kind"),
        ({"key": "UPPER", "kind": "local"}, "UPPER"),
        ({"key": "a/b", "kind": "local"}, "a/b"),
        ({"key": "x", "kind": "magic"}, "kind"),
        ({"key": "x", "kind": "remote"}, "upstream"),
        ({"key": "x", "kind": "remote", "upstream": "ftp://x"}, "upstream"),
        ({"key": "x", "kind": "remote", "upstream": "http://user:pass@x"}, "upstream"),
        ({"key": "x", "kind": "local", "upstream": "http://x"}, "upstream"),
        ({"key": "x", "kind": "virtual"}, "members"),
        ({"key": "x", "kind": "virtual", "members": ["nowhere"]}, "nowhere"),
        ({"key": "x", "kind": "virtual", "members": ["hub"]}, "hub"),
        ({"key": "x", "kind": "virtual", "members": ["models", "models"]}, "once"),
        ({"key": "x", "kind": "virtual", "members": ["models"], "deploy_to": "huggingface"}, "huggingface"),
        ({"key": "x", "kind": "local", "color": "red"}, "color"),
        ({"key": "x", "kind": "local", "anonymous_read": "yes"}, "anonymous_read"),
    ],
)
def test_repositories_that_make_no_sense_are_refused(server: LiveServer, body: object, word: str) -> None:
    Asking(server).refused(400, word, "POST", "/api/v1/repositories", body)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"name": "", "user": "a", "scopes": ["*:read"]}, "name"),
        ({"name": "x", "user": "a\nb", "scopes": ["*:read"]}, "user"),
        ({"name": "x", "user": "a", "scopes": []}, "scope"),
        ({"name": "x", "user": "a", "scopes": ["*:fly"]}, "fly"),
        ({"name": "x", "user": "a", "scopes": ["*:read"], "expires_in_days": -1}, "days"),
        ({"name": "x", "user": "a", "scopes": ["*:read"], "expires_in_days": "soon"}, "expires_in_days"),
    ],
)
def test_tokens_that_make_no_sense_are_refused(server: LiveServer, body: object, word: str) -> None:
    Asking(server).refused(400, word, "POST", "/api/v1/tokens", body)


def test_administration_is_for_administrators(server: LiveServer) -> None:
    for token, status in (("", 401), (server.new_token("*:read,write"), 403)):
        asking = Asking(server, token)
        asking.refused(status, "administrator", "GET", "/api/v1/tokens")
        asking.refused(status, "administrator", "POST", "/api/v1/repositories", {"key": "x", "kind": "local"})


def test_links_are_not_in_the_log(server: LiveServer, tmp_path: Path) -> None:
    with LiveServer(tmp_path / "data") as live:
        Asking(live).ask("GET", "/hub/models/lfs/secret-capability")
        # The line is written after the answer has left.
        deadline = time.monotonic() + 20
        while "/lfs/{link}" not in live.log and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "/lfs/{link}" in live.log and "secret-capability" not in live.log
