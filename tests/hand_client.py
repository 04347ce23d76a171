"""A client by hand: each step of an upload or a download is one request, so that something can happen in between."""

import base64
import contextlib
import hashlib
import http.client
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from live_server import LiveServer


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lowercase."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Hand:
    """Somebody with a token at one repository of a server."""

    def __init__(self, server: LiveServer, key: str = "models", token: str | None = None) -> None:
        self.server = server
        self.key = key
        self.token = server.token if token is None else token

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to one request; raises `OSError` or `http.client.HTTPException` where there is none."""
        return self._ask(method, f"/hub/{self.key}{path}", body, headers)

    def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        sent = json.dumps(body) if isinstance(body, dict) else body
        try:
            own = {"Authorization": f"Bearer {self.token}"} | dict(headers or {})
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have said why it reads no further
                connection.request(method, path, sent, own)
            answer = connection.getresponse()
            return Answer(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def at_root(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of an answer outside of the repository, which has to be fine."""
        answer = self._ask(method, path, body)
        assert answer.status < 300, answer
        return json.loads(answer.body) if answer.body else None

    def ok(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of an answer that has to be fine."""
        answer = self.ask(method, path, body)
        assert answer.status < 300, answer
        return json.loads(answer.body) if answer.body else None

    def create(self, package: str) -> None:
        """Make a package."""
        self.ok("POST", "/api/repos/create", {"name": package})

    def invite(self, package: str, digest: str, size: int, transfer: str = "basic") -> dict[str, Any] | None:
        """Where to send so many bytes, as the LFS batch says it; None where they are there."""
        wanted = {"operation": "upload", "transfers": [transfer], "objects": [{"oid": digest, "size": size}]}
        answer = self.ok("POST", f"/{package}.git/info/lfs/objects/batch", wanted)
        actions = answer["objects"][0].get("actions")
        return actions["upload"] if actions else None

    def path_of(self, link: str) -> str:
        """The path of a link of ours below the repository: at any server with the same key it is as good."""
        return link.partition(f"/hub/{self.key}")[2]

    def send(self, package: str, data: bytes) -> None:
        """Send a large file by LFS."""
        action = self.invite(package, hashlib.sha256(data).hexdigest(), len(data))
        if action is not None:
            assert self.ask("PUT", self.path_of(action["href"]), data).status == 200

    def commit(self, package: str, path: str, data: bytes, *, large: bool = False, branch: str = "main") -> Answer:
        """Commit one file; a large one has to be there already."""
        value: dict[str, Any] = {"path": path, "content": base64.b64encode(data).decode(), "encoding": "base64"}
        if large:
            value = {"path": path, "algo": "sha256", "oid": hashlib.sha256(data).hexdigest(), "size": len(data)}
        lines = [
            {"key": "header", "value": {"summary": path, "description": ""}},
            {"key": "lfsFile" if large else "file", "value": value},
        ]
        return self.ask("POST", f"/api/models/{package}/commit/{branch}", "\n".join(map(json.dumps, lines)).encode())

    def put(self, package: str, path: str, data: bytes) -> None:
        """Upload a large file, whole."""
        self.send(package, data)
        answer = self.commit(package, path, data, large=True)
        assert answer.status == 200, answer

    def get(self, package: str, path: str, start: int = 0) -> Answer:
        """A file, or the rest of it."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        return self.ask("GET", f"/{package}/resolve/main/{path}", headers=headers)

    def paths(self, package: str) -> list[str]:
        """What the package has on main, without what it was created with."""
        found = self.ok("GET", f"/api/models/{package}/tree/main?recursive=true")
        return [item["path"] for item in found if item["path"] != ".gitattributes"]


def until(fine: Any, seconds: float = 30) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not fine():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.05)
