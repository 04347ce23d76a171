"""License: what is declared where, what it obliges to, and the chain of base models."""

from starlette.responses import Response

from entrepot.operations.exhibit import Exhibit
from entrepot.operations.license_of import license_of
from entrepot.web.tabs import Tab, Values
from entrepot.web.visit import Visit


async def _show(visit: Visit, shown: Exhibit) -> Values | Response:
    return {"found": await license_of(visit.registry, shown)}


TAB = Tab("license", "License", 60, _show)
