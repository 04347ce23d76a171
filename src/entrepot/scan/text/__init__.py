"""What does a text say to people, to models and to programs that follow its links? One module per family of rules."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.rules import found


def at(text: str, position: int, first_line: int) -> Location:
    """The place of a character in a piece of text that begins on that line."""
    return Location(line=first_line + text.count("\n", 0, position))


def one(rule: str, message: str, evidence: str, where: Location) -> Iterator[Finding]:
    """A single finding, as what yields findings yields it."""
    yield found(rule, message, evidence=evidence, at=where)


def around(text: str, start: int, end: int, reach: int = 60) -> str:
    """The words around a place, for evidence."""
    return text[max(0, start - reach) : end + reach].strip()
