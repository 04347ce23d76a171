"""Routes over the raw path: clients write `refs%2Fpr%2F1` as one segment, which a decoded path would tear apart."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from entrepot.domain.actor import Actor
from entrepot.domain.errors import Invalid
from entrepot.operations.registry import Registry

_WORDS = {
    "": r"[^/]+",
    "id": r"[^/]+(?:/[^/]+)?",
    "path": r".+",
    "type": r"models|datasets|spaces|kernels",
    "prefix": r"(?:models/|datasets/|spaces/|kernels/)?",
    "key": r"[^/]+",
}
"""What the word after the colon in `{name:word}` matches; without one, a single segment."""
_HOLE = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, on its way to the operation that answers it."""

    registry: Registry
    request: Request
    actor: Actor
    base: str
    """The absolute URL below which this protocol's paths stand, without a slash at its end."""
    params: Mapping[str, str]
    """What stood in the holes of the route, decoded once."""

    def flag(self, name: str) -> bool:
        """Whether a query parameter says yes; clients write `true`, `True` or `1`."""
        return self.request.query_params.get(name, "").lower() in ("true", "1", "yes")


Endpoint = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a pattern such as `/api/{type:type}/{id:id}/refs`, and what answers there."""

    method: str
    pattern: str
    endpoint: Endpoint
    gives_bytes: bool = False
    """Whether it can hand out bytes, or a token that leads to them; the gate's tests read this."""
    own_auth: bool = False
    """Whether the endpoint checks the caller itself, by a link or token of another kind."""


class Matchable(Protocol):
    """What a table needs to know of a route."""

    @property
    def method(self) -> str:
        """Such as `GET`."""

    @property
    def pattern(self) -> str:
        """Such as `/api/{type:type}/{id:id}/refs`."""


R = TypeVar("R", bound=Matchable)


class RouteTable(Generic[R]):
    """Routes in order; the first that matches answers."""

    def __init__(self, routes: Iterable[R], mount: str) -> None:
        self.routes = tuple(routes)
        self._mount = re.compile(f"(?P<base>{_expression(mount)})(?P<rest>/.*|)")
        self._compiled = [(route, re.compile(_expression(route.pattern))) for route in self.routes]

    def split(self, path: str) -> tuple[str, str, Mapping[str, str]]:
        """The mount that a raw path begins with, what comes after it, and what stood in the mount's holes."""
        found = self._mount.fullmatch(path)
        if found is None:
            return "", path, {}
        holes = {name: decode(text) for name, text in found.groupdict().items() if name not in ("base", "rest")}
        return found["base"], found["rest"].rstrip("/") or "/", holes

    def match(self, method: str, path: str) -> tuple[R, Mapping[str, str]] | None:
        """The route for a raw path, and what stood in its holes; None where nothing answers there.

        Raises `Invalid` for a path whose escapes are not UTF-8.
        """
        for route, expression in self._compiled:
            if route.method == method and (found := expression.fullmatch(path)):
                return route, {name: decode(text) for name, text in found.groupdict().items()}
        return None


def _expression(pattern: str) -> str:
    parts: list[str] = []
    at = 0
    for hole in _HOLE.finditer(pattern):
        parts.append(re.escape(pattern[at : hole.start()]))
        parts.append(f"(?P<{hole[1]}>{_WORDS[hole[2] or '']})")
        at = hole.end()
    return "".join(parts) + re.escape(pattern[at:])


def decode(text: str) -> str:
    """A part of a raw path, its escapes undone once; raises `Invalid` where they are not UTF-8."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Invalid(f"the path has escapes that are not UTF-8: {text[:200]!r}") from None


def raw_path(request: Request) -> str:
    """The path as the client wrote it, its doubled slashes made one."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return re.sub(r"/{2,}", "/", raw.partition(b"?")[0].decode("latin-1"))
