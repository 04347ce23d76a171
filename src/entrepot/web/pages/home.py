"""Home: what was blocked, what waits, what is not inspected yet, what was served, what sharing saves."""

from starlette.responses import Response

from entrepot.operations.overview import MOST_UNSEEN, overview
from entrepot.web.pages import Page, View
from entrepot.web.visit import Visit


async def show(visit: Visit) -> Response:
    """The front page; for an instance that nobody has used yet, how to begin."""
    return visit.render("home.html", found=await overview(visit.registry, visit.actor), most=MOST_UNSEEN)


async def first_request(visit: Visit) -> Response:
    """The part of it that lights up once somebody has asked for something."""
    return visit.render("first-request.html", found=await overview(visit.registry, visit.actor))


PAGE = Page(
    "home",
    (View("GET", "/", show), View("GET", "/first-request", first_request)),
    rail="Home",
    path="/",
    order=0,
    key="h",
)
