"""Home: what was blocked, what waits, what is not inspected yet, what was served, what sharing saves."""

from starlette.responses import Response

from entrepot.web.pages import Page, View
from entrepot.web.visit import Visit


async def show(visit: Visit) -> Response:
    """The front page."""
    return visit.render("home.html")


PAGE = Page("home", (View("GET", "/", show),), rail="Home", path="/", order=0, key="h")
