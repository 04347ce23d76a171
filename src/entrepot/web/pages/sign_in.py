"""Sign in and out, with a token or a password; and the password itself."""

from starlette.responses import Response

from entrepot.domain.errors import EntrepotError
from entrepot.operations import sign_in
from entrepot.operations.sign_in import HOURS, Session
from entrepot.web.pages import Page, View
from entrepot.web.refusals import status_of
from entrepot.web.visit import Visit, own_path


async def show(visit: Visit) -> Response:
    """The form; what was asked for before comes after it."""
    onward = own_path(visit.asked("next", "/"))
    if not visit.actor.is_anonymous and onward != "/":
        return visit.go(onward)
    return visit.render("sign-in.html", onward=onward, error=None, name="")


async def enter(visit: Visit) -> Response:
    """Begin a session, and lead on to what was asked for."""
    onward, name = own_path(visit.typed("next", "/")), visit.typed("name").strip()
    try:
        session = await _session(visit, name)
    except EntrepotError as error:
        return visit.render("sign-in.html", status_of(error), onward=onward, error=error, name=name)
    if visit.session:
        await sign_in.sign_out(visit.registry, visit.session)
    response = visit.go(onward)
    response.set_cookie(
        visit.cookie, session.secret, HOURS * 3600, path="/", secure=visit.is_secure, httponly=True, samesite="lax"
    )
    return response


async def _session(visit: Visit, name: str) -> Session:
    if visit.typed("token").strip():
        return await sign_in.sign_in_with_token(visit.registry, visit.typed("token"))
    password, address = visit.typed("password"), visit.actor.address
    return await sign_in.sign_in_with_password(visit.registry, name, password, address)


async def leave(visit: Visit) -> Response:
    """End the session, here and in the browser."""
    if visit.session:
        await sign_in.sign_out(visit.registry, visit.session)
    response = visit.go("/sign-in")
    response.delete_cookie(visit.cookie, "/", secure=visit.is_secure, httponly=True, samesite="lax")
    return response


PAGE = Page(
    "sign-in",
    (View("GET", "/sign-in", show), View("POST", "/sign-in", enter), View("POST", "/sign-out", leave)),
)
