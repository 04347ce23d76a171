"""How does a result leave? Each module offers `EXPORT`."""

from collections.abc import Callable, Iterator

from entrepot.domain.scanned import Scanned
from entrepot.domain.values import dataclass

DRAWER = __name__


@dataclass(frozen=True, slots=True)
class Export:
    """A form that the result of a scan can have.

    `render` yields pieces of text; what strangers wrote is escaped as the form demands. Its second argument says
    whether the reader is a person at a terminal with colors.
    """

    name: str
    render: Callable[[Scanned, bool], Iterator[str]]
    shows_digests: bool = True
    """Whether files have to be hashed for it."""


def visible(text: str) -> str:
    """The text on one line, with what is no printable character written as its escape: names and evidence are
    strangers', and a terminal obeys control characters."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
