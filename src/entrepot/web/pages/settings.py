"""Settings: who you are here, your password, and how the instance is set up."""

from starlette.responses import Response

from entrepot.domain.errors import EntrepotError, Unauthenticated
from entrepot.operations import audit, sign_in
from entrepot.web.pages import Page, View
from entrepot.web.refusals import status_of
from entrepot.web.visit import Visit


async def show(visit: Visit) -> Response:
    """One's own account; for administrators what the instance is set to, too."""
    return await _page(visit)


async def _page(
    visit: Visit, *, error: EntrepotError | None = None, done: str = "", broken: list[str] | None = None
) -> Response:
    if visit.actor.is_anonymous:
        raise Unauthenticated("to see your settings, sign in")
    has_password = await sign_in.has_password(visit.registry, visit.actor)
    return visit.render(
        "settings.html", status_of(error), has_password=has_password, error=error, done=done, broken=broken
    )


async def set_password(visit: Visit) -> Response:
    """From now on one may sign in with a password."""
    try:
        await sign_in.set_password(visit.registry, visit.typed("password"), visit.actor)
    except EntrepotError as error:
        return await _page(visit, error=error)
    return await _page(visit, done="The password is set.")


async def remove_password(visit: Visit) -> Response:
    """From now on one signs in with tokens only."""
    await sign_in.remove_password(visit.registry, visit.actor)
    return await _page(visit, done="The password is gone.")


async def verify(visit: Visit) -> Response:
    """Whether the record of decisions is what was written."""
    return await _page(visit, broken=await audit.verify(visit.registry, visit.actor))


PAGE = Page(
    "settings",
    (
        View("GET", "/settings", show),
        View("POST", "/settings/password", set_password),
        View("POST", "/settings/password/remove", remove_password),
        View("POST", "/settings/verify", verify),
    ),
    rail="Settings",
    path="/settings",
    order=90,
    key="e",
)
