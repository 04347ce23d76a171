"""From a request to the endpoint that answers it: route, caller, error table, log."""

import base64
import binascii
import errno
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from entrepot.domain.actor import ANONYMOUS
from entrepot.domain.errors import Corrupt, EntrepotError, NotFound, OutOfSpace, Unauthenticated
from entrepot.http.log import REQUEST_ID
from entrepot.http.metrics import REQUESTS, SECONDS
from entrepot.http.routes import Call, Route, RouteTable, raw_path
from entrepot.operations.authorize import authenticate
from entrepot.operations.registry import Registry

LOG = logging.getLogger("entrepot.request")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
"""What is counted by name. Clients may make up others, and each would be a number to remember for ever."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """A protocol's routes where it is mounted, and its words for errors."""

    mount: str
    table: RouteTable[Route]
    answer: Callable[..., Response]
    """Takes the error, and as keywords `anonymous` and `origin`, below which decisions can be looked at."""
    registry: Registry
    public_url: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Nothing that happens in it reaches another."""
        request = Request(scope, receive)
        started, pattern, shown = time.perf_counter(), "", raw_path(request)
        try:
            route, call = await self._find(request)
            pattern = route.pattern if route else ""
            # Where the path itself is the permission, it has no business in a log.
            shown = f"{self.mount}{pattern}" if route and route.own_auth else shown
            response = await self._answer(request, route, call)
        except EntrepotError as error:
            response = self.answer(
                error, anonymous="authorization" not in request.headers, origin=self._origin(request)
            )
        status = response.status_code
        REQUESTS.labels(request.method if request.method in METHODS else "other", pattern, status).inc()
        try:
            await response(scope, receive, send)
        finally:
            seconds = time.perf_counter() - started
            SECONDS.labels(pattern).observe(seconds)
            _log(request, shown, status, seconds)

    async def _find(self, request: Request) -> tuple[Route | None, Call | None]:
        base, rest, holes = self.table.split(raw_path(request))
        match = self.table.match(request.method, rest) if base else None
        if match is None:
            return None, None
        route, found = match
        actor = ANONYMOUS if route.own_auth else await authenticate(self.registry, token_of(request))
        actor = replace(actor, address=address_of(request), client=request.headers.get("user-agent", ""))
        url = f"{self._origin(request)}{base}"
        return route, Call(self.registry, request, actor, url, {**holes, **found})

    def _origin(self, request: Request) -> str:
        return self.public_url or f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"

    async def _answer(self, request: Request, route: Route | None, call: Call | None) -> Response:
        if route is None or call is None:
            return self.answer(NotFound("There is nothing at this path. Check HF_ENDPOINT and your client's version."))
        try:
            return await route.endpoint(call)
        except EntrepotError as error:
            if isinstance(error, Corrupt):
                LOG.error("%s", error)
            anonymous = call.actor.is_anonymous and not route.own_auth
            return self.answer(error, anonymous=anonymous, origin=self._origin(call.request))
        except Exception as error:
            if _is_full(error):
                LOG.error("no space is left for what %s %s should keep: %s", request.method, route.pattern, error)
                return self.answer(OutOfSpace("there is no space left on the server's disk; ask who runs it for more"))
            LOG.exception("%s %s failed", request.method, route.pattern)
            return self.answer(EntrepotError(f"something went wrong here; the log knows more under {REQUEST_ID.get()}"))


def _is_full(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):  # one of several things that were done at once
        return any(_is_full(one) for one in error.exceptions)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _log(request: Request, shown: str, status: int, seconds: float) -> None:
    LOG.info(
        "%s %s %d",
        request.method,
        shown,
        status,
        extra={"milliseconds": round(seconds * 1000, 1), "client": address_of(request)},
    )


def address_of(request: Request) -> str:
    """Where the request came from, as far as the server knows."""
    return request.client.host if request.client else ""


def token_of(request: Request) -> str | None:
    """The token that a request shows: as a bearer, or as the password that git sends. Raises `Unauthenticated`."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        raise Unauthenticated("send the token as 'Authorization: Bearer hf_…'")
    try:
        user, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Unauthenticated("the Basic credentials are malformed") from None
    return password or user
