"""What clients speak: each module offers `PROTOCOL`; they are strangers to one another."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from entrepot.http.routes import Route
from entrepot.operations.registry import Registry


@dataclass(frozen=True, slots=True)
class WireProtocol:
    """One way to speak to the registry: where it stands, what it answers, and what makes it answer."""

    name: str
    mount: str
    routes: tuple[Route, ...]
    create: Callable[[Registry, str], ASGIApp]
    """The application for a registry; the second is the origin that clients reach it at, or empty."""
