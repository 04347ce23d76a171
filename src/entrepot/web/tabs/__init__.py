"""The tabs of a package's page: each module offers `TAB`; they are strangers to one another.

`show` gives what the tab's template, `package-{name}.html`, is filled with, or an answer of its own such as an export.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from entrepot.operations.exhibit import Exhibit
from entrepot.web.visit import Visit

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the tabs: its word in addresses, its title, its place in the row."""

    name: str
    title: str
    order: int
    show: Callable[[Visit, Exhibit], Awaitable[Values | Response]]
