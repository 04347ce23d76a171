"""The Hugging Face Hub's protocol, for its clients and towards upstreams that speak it."""

from starlette.types import ASGIApp

from entrepot.http.dispatch import Mounted
from entrepot.http.routes import RouteTable
from entrepot.operations.registry import Registry
from entrepot.protocols import WireProtocol
from entrepot.protocols.huggingface.errors import answer
from entrepot.protocols.huggingface.routes import ROUTES

MOUNT = "/hub/{key}"


def create(registry: Registry, public_url: str) -> ASGIApp:
    """The protocol, answering for this registry at `/hub/{repository}`."""
    return Mounted(MOUNT, RouteTable(ROUTES, MOUNT), answer, registry, public_url)


PROTOCOL = WireProtocol("huggingface", "/hub", ROUTES, create)
