"""Savings: what was refused, times what it would have cost; the formula in full, and what it leaves out."""

from starlette.responses import Response

from entrepot.domain.errors import Invalid
from entrepot.operations.savings import MOST_HOURS, savings
from entrepot.web.pages import Page, View
from entrepot.web.visit import Visit


async def show(visit: Visit) -> Response:
    """The product with its factors, by month."""
    return visit.render(
        "savings.html", found=await savings(visit.registry, visit.actor, _hours(visit)), most=MOST_HOURS
    )


def _hours(visit: Visit) -> float | None:
    text = visit.asked("hours")
    if not text:
        return None
    try:
        return float(text[:40])
    except ValueError:
        raise Invalid(f"hours are a number, unlike {text[:40]!r}") from None


PAGE = Page("savings", (View("GET", "/savings", show),))
