"""Usage: who took files of the package, when, and with which client."""

from starlette.responses import Response

from entrepot.operations.exhibit import Exhibit
from entrepot.operations.takers import takers_of
from entrepot.web.tabs import Tab, Values
from entrepot.web.visit import Visit


async def _show(visit: Visit, shown: Exhibit) -> Values | Response:
    return {"found": await takers_of(visit.registry, shown)}


TAB = Tab("usage", "Usage", 70, _show)
