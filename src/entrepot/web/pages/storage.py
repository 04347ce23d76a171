"""Storage: what people see, and what it takes."""

from starlette.responses import Response

from entrepot.catalog.usage import Kept
from entrepot.operations.overview import instance_now
from entrepot.web.pages import Page, View
from entrepot.web.tables import Column, export, sheet
from entrepot.web.visit import Visit

COLUMNS: tuple[Column[Kept], ...] = (
    Column("repository", lambda one: one.repository),
    Column("packages", lambda one: one.packages),
    Column("files", lambda one: one.files),
    Column("logical", lambda one: one.logical),
    Column("unique", lambda one: one.unique),
)


async def show(visit: Visit) -> Response:
    """Logical and unique bytes, of every repository and together."""
    found = (await instance_now(visit.registry, visit.actor)).storage
    if answer := export(visit, "storage", found.repositories, COLUMNS):
        return answer
    return visit.render("storage.html", found=found, table=sheet(visit, found.repositories, COLUMNS, "-unique"))


PAGE = Page(
    "storage",
    (View("GET", "/storage", show),),
    rail="Storage",
    path="/storage",
    order=70,
    key="s",
    for_administrators=True,
)
