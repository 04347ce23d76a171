"""Visits to the web interface without a server: a browser's part of it, in one process."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from asgi_asking import Answer, ask_app, bearer
from entrepot.catalog import decisions
from entrepot.domain.decision import Decision, Effect, Outcome, Reading, Step
from entrepot.domain.door import Door, Recorded
from entrepot.operations.registry import Registry
from entrepot.web.dispatch import Site
from entrepot.web.visit import csrf_of
from entrepot_testing import add_repository, close_registry, make_registry

OWN = {"sec-fetch-site": "same-origin"}
"""What browsers say of a request that a page of the same site makes."""
EVERYTHING = "*:read,write,delete,administer"


class Visitor:
    """Somebody with a browser: it keeps the session's cookie and sends forms as our pages do."""

    def __init__(self, registry: Registry, public_url: str = "") -> None:
        self.registry = registry
        self.site = Site(registry, public_url)
        self.cookie = ""
        self.secret = ""

    async def get(self, path: str, **headers: str) -> Answer:
        """The page at a path."""
        return self._kept(await ask_app(self.site, "GET", path, b"", self._headers(headers)))

    async def post(
        self, path: str, fields: Mapping[str, str] | Sequence[tuple[str, str]] = (), *, csrf: str | None = None,
        headers: Mapping[str, str] = OWN,
    ) -> Answer:  # fmt: skip
        """What comes of a form; the token against forged ones is the right one unless another is given."""
        items = list(fields.items() if isinstance(fields, Mapping) else fields)
        token = (csrf_of(self.secret) if self.secret else "") if csrf is None else csrf
        body = urlencode([*items, ("csrf", token)]).encode()
        sent = {"content-type": "application/x-www-form-urlencoded", **headers}
        return self._kept(await ask_app(self.site, "POST", path, body, self._headers(sent)))

    async def sign_in(self, *scopes: str, user: str = "ada") -> "Visitor":
        """The same visitor, signed in with a new token of these scopes."""
        token = bearer(self.registry, *scopes, user=user)["Authorization"].removeprefix("Bearer ")
        answer = await self.post("/sign-in", {"token": token})
        assert answer.status == 303, answer.body
        return self

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        cookie = {"cookie": f"{self.cookie}={self.secret}"} if self.secret else {}
        return {"accept": "text/html,*/*;q=0.8"} | cookie | dict(more)

    def _kept(self, answer: Answer) -> Answer:
        for name, morsel in SimpleCookie(answer.headers.get("set-cookie", "")).items():
            self.cookie, self.secret = name, morsel.value
        return answer


@asynccontextmanager
async def a_site(folder: Path, **settings: Any) -> AsyncIterator[Registry]:
    """A registry with the repository `models`."""
    registry = make_registry(folder, **settings)
    add_repository(registry, "models")
    try:
        yield registry
    finally:
        await close_registry(registry)


DECIDED = Recorded(
    uid="",
    at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    actor="ada",
    token_id=None,
    token_name="laptop",
    address="192.0.2.7",
    client="huggingface_hub/2.4.0",
    door=Door.FILE,
    repository="models",
    package="model/ada/model",
    commit="1" * 40,
    path="model.bin",
    size=12,
    digest="2" * 64,
    gives=False,
    decision=Decision(
        Effect.BLOCK,
        ("model.bin is not for you",),
        "a rule",
        "test@1",
        (
            Step(
                "test@1", "a rule", Effect.BLOCK, Outcome.MATCHED, (Reading("path", "*.bin", "model.bin", True),), "no"
            ),
        ),
    ),
)
"""A decision as it might be: somebody was refused a file."""


def write_decision(registry: Registry, **changes: Any) -> str:
    """The id of such a decision, changed in these points and written down now."""
    recorded = replace(DECIDED, **{"uid": secrets.token_hex(8), "at": datetime.now(UTC), **changes})
    registry.database.now(decisions.append, [recorded])
    return recorded.uid


@dataclass
class Outline(HTMLParser):
    """What a page is made of: its elements with the names of their attributes, in order; values and text apart."""

    tags: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    values: list[tuple[str, str, str]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data


def outline(answer: Answer) -> Outline:
    """What a page is made of."""
    found = Outline()
    found.feed(answer.body.decode())
    found.close()
    return found
