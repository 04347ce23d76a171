"""From a browser's request to the page that answers it: session, forged forms, errors, headers."""

import hmac
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from entrepot import plugins
from entrepot.domain.errors import EntrepotError, Forbidden, Invalid, NotFound, NotReady, TooLarge, Unauthenticated
from entrepot.http.dispatch import METHODS, address_of
from entrepot.http.errors import look_up
from entrepot.http.log import REQUEST_ID
from entrepot.http.metrics import REQUESTS, SECONDS
from entrepot.http.receive import read_body
from entrepot.http.routes import RouteTable, raw_path
from entrepot.operations.registry import Registry
from entrepot.operations.sign_in import actor_of_session, nobody
from entrepot.web.pages import Page, View
from entrepot.web.refusals import TABLE, Refusal
from entrepot.web.rendering import Rendering
from entrepot.web.visit import CSRF_FIELD, CSRF_HEADER, Visit

LOG = logging.getLogger("entrepot.request")
SAFE = frozenset({"GET", "HEAD"})
_UNPRINTABLE = dict.fromkeys(range(32), " ")
MAX_FORM = 4 << 20
"""A policy has a million characters at most, and forms write some of them as three."""
MAX_FIELDS = 1000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With "no-referrer" browsers would say `Origin: null` of our own forms, and over plain HTTP nothing else tells
    # them from forged ones.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""What every answer says, unless a page says otherwise."""


def collect_pages() -> tuple[Page, ...]:
    """The pages there are, in the order of the navigation."""
    found = plugins.collect("entrepot.web.pages", "PAGE", Page, lambda page: page.name)
    return tuple(sorted(found.values(), key=lambda page: (page.order, page.name)))


class Site:
    """Every page, answering for one registry."""

    def __init__(self, registry: Registry, public_url: str) -> None:
        pages = collect_pages()
        self._registry, self._public_url = registry, public_url
        self._rendering = Rendering(tuple(page for page in pages if page.rail))
        self._table: RouteTable[View] = RouteTable([view for page in pages for view in page.views], "")
        self._names = {(view.method, view.pattern): page.name for page in pages for view in page.views}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive)
        started, pattern = time.perf_counter(), ""
        try:
            found = self._table.match("GET" if request.method == "HEAD" else request.method, _path(request))
            pattern = found[0].pattern if found else ""
            response = await self._answer(request, found)
        except EntrepotError as error:
            response = self._refuse(self._visit(request), error)
        REQUESTS.labels(request.method if request.method in METHODS else "other", pattern, response.status_code).inc()
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        await response(scope, receive, send)
        seconds = time.perf_counter() - started
        SECONDS.labels(pattern).observe(seconds)
        LOG.info(
            "%s %s %d",
            request.method,
            raw_path(request),
            response.status_code,
            extra={"milliseconds": round(seconds * 1000, 1), "client": address_of(request)},
        )

    async def _answer(self, request: Request, found: tuple[View, Mapping[str, str]] | None) -> Response:
        visit = await self._signed_in(self._visit(request))
        try:
            if found is None:
                raise NotFound(f"there is no page at {request.scope['path'][:200]}")
            view, params = found
            if request.method not in SAFE:
                _require_own_site(request, self._public_url)
                visit = replace(visit, fields=await _form(request))
                _require_own_form(visit)
            return await view.endpoint(replace(visit, params=params, page=self._names[view.method, view.pattern]))
        except EntrepotError as error:
            return self._refuse(visit, error)
        except Exception:
            LOG.exception("%s %s failed", request.method, raw_path(request))
            return self._refuse(visit, EntrepotError(f"the log knows more under {REQUEST_ID.get()}"))

    def _visit(self, request: Request) -> Visit:
        origin = self._public_url or f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"
        seen = nobody(address_of(request), request.headers.get("user-agent", ""))
        return Visit(self._registry, request, seen, origin, self._rendering)

    async def _signed_in(self, visit: Visit) -> Visit:
        secret = visit.request.cookies.get(visit.cookie, "")
        actor = await actor_of_session(self._registry, secret, visit.actor) if secret else None
        return replace(visit, actor=actor, session=secret) if actor else visit

    def _refuse(self, visit: Visit, error: EntrepotError) -> Response:
        """An error as a page; who is not signed in is led to sign in and back, since it may be there for them."""
        refusal: Refusal = look_up(TABLE, error)
        headers = {"Retry-After": str(error.after)} if isinstance(error, NotReady) else {}
        if "text/html" not in visit.request.headers.get("accept", ""):
            return _told(visit, error, refusal.status, headers)
        is_asking = visit.request.method in SAFE and not visit.is_partial
        if isinstance(error, NotFound | Unauthenticated) and visit.actor.is_anonymous and is_asking:
            return RedirectResponse(f"/sign-in?next={quote(visit.path, safe='')}", 303)
        response = visit.render("refusal.html", refusal.status, refusal=refusal, error=error)
        response.headers.update(headers)
        return response


def _told(visit: Visit, error: EntrepotError, status: int, headers: Mapping[str, str]) -> Response:
    """An error for a program: clients whose endpoint lacks its path come here, and print what the header says."""
    text = f"{error.message.rstrip('.')}. A client of the Hub needs HF_ENDPOINT={visit.origin}/hub/REPOSITORY."
    shown = text.encode("ascii", "backslashreplace").decode().translate(_UNPRINTABLE)
    return PlainTextResponse(f"{text}\n", status, {**headers, "X-Error-Message": shown[:1000]})


def _path(request: Request) -> str:
    return raw_path(request).rstrip("/") or "/"


def _require_own_site(request: Request, public_url: str) -> None:
    """Go on, or raise `Forbidden`: what changes something has to come from a page of ours, and browsers say so."""
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        is_own = fetched == "same-origin"
    else:
        origin = urlsplit(request.headers.get("origin", "")).netloc
        own = {request.headers.get("host", ""), urlsplit(public_url).netloc} - {""}
        is_own = origin in own
    if not is_own:
        raise Forbidden(
            "this was sent by a page of another site, or by a program that does not say where it comes from"
        )


async def _form(request: Request) -> list[tuple[str, str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request, MAX_FORM)
    if body and kind != "application/x-www-form-urlencoded":
        raise Invalid("a form is sent as application/x-www-form-urlencoded")
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except UnicodeDecodeError:
        raise Invalid("the form has escapes that are not UTF-8") from None
    except ValueError:
        raise TooLarge(f"a form has at most {MAX_FIELDS} fields") from None


def _require_own_form(visit: Visit) -> None:
    """Go on, or raise `Forbidden`: a form of somebody who is signed in carries what only our pages know."""
    if not visit.session:
        return
    sent = visit.request.headers.get(CSRF_HEADER) or visit.typed(CSRF_FIELD)
    if not hmac.compare_digest(sent.encode(), visit.csrf.encode()):
        raise Forbidden("this form is not one of your present session; go back, load the page again, and send it anew")
