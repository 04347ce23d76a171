"""Requests to a protocol without a server: what would stand on the wire, in one process."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from entrepot.catalog import access
from entrepot.catalog.access import NewToken
from entrepot.domain.actor import Grant
from entrepot.operations import administer
from entrepot.operations.registry import Registry
from entrepot.operations.signing import new_token
from entrepot.protocols import api, huggingface
from entrepot_testing import add_repository, close_registry, make_registry

HERE = "/hub/models/api/models/ada/model"
MOUNTS = {"/hub": huggingface.create, "/api/v1": api.create}


@dataclass(frozen=True)
class Answer:
    """What came back; headers by lowercase name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


async def ask(
    registry: Registry,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """The answer to one request; a body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    app = next(create(registry, "") for mount, create in MOUNTS.items() if path.startswith(mount))
    return await ask_app(app, method, path, data, headers or {})


async def ask_app(app: ASGIApp, method: str, path: str, data: bytes, headers: Mapping[str, str]) -> Answer:
    """The answer of any application to one request."""
    return await _exchange(app, _scope(method, path, {"host": "registry.example", **headers}), data)


def _scope(method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    raw, _, query = path.partition("?")
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": raw,
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
    }


async def _exchange(app: ASGIApp, scope: dict[str, Any], data: bytes) -> Answer:
    waiting: list[Message] = [{"type": "http.request", "body": data, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        body = message.get("body")
        sent.append({**message, "body": bytes(body)} if body is not None else message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in sent))


def bearer(registry: Registry, *scopes: str, user: str = "ada") -> dict[str, str]:
    """The header that shows a new token with these scopes."""
    secret = new_token()
    grants: tuple[Grant, ...] = tuple(administer.scope(scope) for scope in scopes)
    registry.database.now(access.create_token, NewToken(secret, "test", user, grants))
    return {"Authorization": f"Bearer {secret}"}


@asynccontextmanager
async def a_package(folder: Path, **settings: Any) -> AsyncIterator[tuple[Registry, Mapping[str, str]]]:
    """A registry with the package `ada/model` in the repository `models`, and an administrator's header."""
    registry = make_registry(folder, **settings)
    add_repository(registry, "models")
    admin = bearer(registry, "*:read,write,delete,administer")
    try:
        made = await ask(registry, "POST", "/hub/models/api/repos/create", {"name": "ada/model"}, admin)
        assert made.status == 200
        yield registry, admin
    finally:
        await close_registry(registry)


def commit_of(*items: tuple[str, Mapping[str, Any]], parent: str = "") -> bytes:
    """A commit's body."""
    header = ("header", {"summary": "s", "description": "", "parentCommit": parent})
    return b"\n".join(json.dumps({"key": key, "value": value}).encode() for key, value in (header, *items))


def inline(path: str, content: str = "x") -> tuple[str, Mapping[str, Any]]:
    """The line of a small file."""
    return "file", {"path": path, "content": content, "encoding": "utf-8"}
