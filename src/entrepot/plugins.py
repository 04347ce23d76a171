"""Drawers: load every module of a folder and collect what it offers."""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
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
    names = sorted({f"{drawer}.{name}" for folder in package.__path__ for name in _modules(folder)} - shared)
    own = [(name, getattr(importlib.import_module(name), attribute, None)) for name in names]
    return own + list(third_parties(drawer))


def _modules(folder: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.is_dir() and os.path.exists(os.path.join(entry.path, "__init__.py")):
            yield entry.name
        elif entry.name.endswith(".py") and entry.name != "__init__.py":
            yield entry.name[:-3]


def third_parties(group: str) -> Iterator[tuple[str, object]]:
    """What other distributions offer under that name, and where it comes from."""
    if not any(f"[{group}]".encode() in text for text in _entry_points()):
        return
    # Loading this takes as long as scanning a small model; hardly anybody has third parties' parts.
    from importlib.metadata import entry_points

    for point in entry_points(group=group):
        yield point.value, point.load()


def _entry_points() -> Iterator[bytes]:
    """The files in which installed distributions say what they offer (Python packaging's entry points)."""
    for folder in filter(os.path.isdir, sys.path):
        for name in os.listdir(folder):
            if name.endswith((".dist-info", ".egg-info")):
                path = os.path.join(folder, name, "entry_points.txt")
                if os.path.exists(path):
                    with open(path, "rb") as file:
                        yield file.read()
