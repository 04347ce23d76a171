"""Drawers: load every module of a folder and collect what it offers."""

import importlib
import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TypeVar

T = TypeVar("T")


class BrokenDrawer(Exception):
    """A module of a drawer offers nothing, or a name twice; the start stops here."""


def collect(drawer: str, attribute: str, kind: type[T], name: Callable[[T], str]) -> dict[str, T]:
    """Everything that the modules of the package `drawer` offer as `attribute`, by name.

    Third parties add to it by an entry point whose group is the drawer's dotted name. Raises `BrokenDrawer` where a
    module offers nothing of that kind or a name is offered twice; errors on import are not caught. Modules that the
    drawer lists as its `CONTRACT` are what the alternatives share, and offer nothing.
    """
    found: dict[str, T] = {}
    for source, offer in _offers(drawer, attribute):
        if not isinstance(offer, kind):
            raise BrokenDrawer(f"{source} has no {attribute} of type {kind.__name__}")
        if name(offer) in found:
            raise BrokenDrawer(f"{source} offers {name(offer)!r}, which the drawer {drawer} already has")
        found[name(offer)] = offer
    return found


def _offers(drawer: str, attribute: str) -> list[tuple[str, object]]:
    package = importlib.import_module(drawer)
    shared = {f"{drawer}.{name}" for name in getattr(package, "CONTRACT", ())}
    names = sorted({info.name for info in pkgutil.iter_modules(package.__path__, f"{drawer}.")} - shared)
    own = [(name, getattr(importlib.import_module(name), attribute, None)) for name in names]
    return own + [(point.value, point.load()) for point in entry_points(group=drawer)]
