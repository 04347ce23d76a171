"""Doctor: whether the instance is set up as a careful operator would, and what to change."""

from starlette.responses import Response

from entrepot.operations.doctor import Checked, examine
from entrepot.web.pages import Page, View
from entrepot.web.tables import Column, export
from entrepot.web.visit import Visit

COLUMNS: tuple[Column[Checked], ...] = (
    Column("check", lambda one: one.name),
    Column("finding", lambda one: one.finding.value),
    Column("what", lambda one: one.what),
    Column("advice", lambda one: one.advice),
)
ORDER = ("bad", "warning", "good")


async def show(visit: Visit) -> Response:
    """Every check: what is bad first."""
    found = sorted(await examine(visit.registry, visit.actor), key=lambda one: ORDER.index(one.finding.value))
    return export(visit, "doctor", found, COLUMNS) or visit.render("doctor.html", found=found)


PAGE = Page("doctor", (View("GET", "/doctor", show),))
