"""Pages: each module offers `PAGE`, a part of the site with its routes; they are strangers to one another.

A new page is a new module here and a template beside the others. `rail` is its word in the navigation (empty for a page
that is reached from others), `order` its place there, `key` the letter that leads to it after `g`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from entrepot.web.visit import Visit

Endpoint = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class View:
    """A method and a pattern such as `/decisions/{uid}`, and what answers there."""

    method: str
    pattern: str
    endpoint: Endpoint
    gives_bytes: bool = False
    """Whether it can hand out bytes of files; the gate's tests read this."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the site."""

    name: str
    views: tuple[View, ...]
    rail: str = ""
    path: str = ""
    """Where its word in the navigation leads."""
    order: int = 100
    key: str = ""
    for_administrators: bool = False
    """Whether its word is there for administrators alone; the page itself refuses everybody else."""
