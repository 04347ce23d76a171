"""A visit: one request of a browser, on its way to the page that answers it."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from entrepot.domain.actor import Actor
from entrepot.domain.errors import Invalid
from entrepot.http.routes import raw_path
from entrepot.operations.registry import Registry
from entrepot.web.rendering import Rendering

CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"
PLAIN_COOKIE, SECURE_COOKIE = "entrepot", "__Host-entrepot"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: who asks, for what, and what was typed."""

    registry: Registry
    request: Request
    actor: Actor
    origin: str
    """Where clients reach this server, without a slash at its end."""
    rendering: Rendering
    params: Mapping[str, str] = field(default_factory=dict)
    """What stood in the holes of the route, decoded once."""
    fields: Sequence[tuple[str, str]] = ()
    """What was sent with a form, in order."""
    session: str = ""
    """The secret in the cookie; empty for somebody who is not signed in."""
    page: str = ""
    """The name of the page that answers."""

    @property
    def path(self) -> str:
        """The path and the query, as they can be linked to."""
        query = self.request.url.query
        return f"{raw_path(self.request)}?{query}" if query else raw_path(self.request)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach this server by HTTPS."""
        return self.origin.startswith("https:")

    @property
    def cookie(self) -> str:
        """What the session's cookie is called: by HTTPS so that no other host can have set it."""
        return SECURE_COOKIE if self.is_secure else PLAIN_COOKIE

    @property
    def csrf(self) -> str:
        """What a form has to bring along: known to who has the session's cookie, and to nobody else."""
        return csrf_of(self.session) if self.session else ""

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks, for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    def asked(self, name: str, default: str = "") -> str:
        """A parameter of the query, without space around it."""
        return self.request.query_params.get(name, default).strip()

    def number(self, name: str, default: int = 0) -> int:
        """A whole number of the query; raises `Invalid`."""
        text = self.asked(name) or str(default)
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Invalid(f"{name} has to be a whole number, unlike {text[:40]!r}")
        return int(text)

    def typed(self, name: str, default: str = "") -> str:
        """A field of the form, its lines ending as ours do."""
        found = next((value for key, value in self.fields if key == name), default)
        return found.replace("\r\n", "\n")

    def all_typed(self, name: str) -> list[str]:
        """Every value of a field that there may be several of."""
        return [value for key, value in self.fields if key == name]

    def link(self, **changes: object) -> str:
        """This page with other parameters in its query; None takes one away."""
        query: dict[str, object] = {**self.request.query_params, **changes}
        kept = {name: str(value) for name, value in query.items() if value not in (None, "")}
        path = raw_path(self.request)
        return f"{path}?{urlencode(kept)}" if kept else path

    def render(self, template: str, status: int = 200, **values: object) -> Response:
        """The template as a page."""
        return HTMLResponse(self.rendering.render(template, visit=self, **values), status)

    def go(self, path: str) -> Response:
        """Lead the browser to another page of ours."""
        return RedirectResponse(path, 303)


def csrf_of(session: str) -> str:
    """The token that forms of this session carry."""
    return hmac.digest(session.encode(), b"entrepot form", hashlib.sha256).hex()


def own_path(text: str) -> str:
    """The path, where it is one of ours; the front page for anything that could lead elsewhere."""
    # Browsers read a backslash as a slash, and leave out tabs and line breaks wherever they stand.
    is_odd = "\\" in text or not text.isprintable() or not text.startswith("/") or text.startswith("//")
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if is_odd or parts.netloc or parts.scheme else text
