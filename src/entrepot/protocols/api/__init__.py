"""Our own JSON, for the command line and for automation: `/api/v1`, described in OpenAPI."""

from starlette.types import ASGIApp

from entrepot.http.dispatch import Mounted
from entrepot.http.routes import RouteTable
from entrepot.operations.registry import Registry
from entrepot.protocols import WireProtocol
from entrepot.protocols.api.errors import answer
from entrepot.protocols.api.routes import ROUTES

MOUNT = "/api/v1"


def create(registry: Registry, public_url: str) -> ASGIApp:
    """The interface, answering for this registry."""
    return Mounted(MOUNT, RouteTable(ROUTES, MOUNT), answer, registry, public_url)


PROTOCOL = WireProtocol("api", MOUNT, ROUTES, create)
