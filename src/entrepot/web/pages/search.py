"""Search: names, digests, commits, licenses and rules, from one box."""

from starlette.responses import Response

from entrepot.operations.seek import MOST, find_anything
from entrepot.web.pages import Page, View
from entrepot.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Everything that fits what was typed."""
    found = await find_anything(visit.registry, visit.asked("q"), visit.actor)
    return visit.render("search.html", found=found, q=visit.asked("q"), most=MOST)


PAGE = Page("search", (View("GET", "/search", show),))
