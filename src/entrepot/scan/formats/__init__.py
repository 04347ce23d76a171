"""What are these bytes, and what would their loader do? One file per format; each offers `FORMAT`."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TypeAlias

from entrepot.domain.report import Capability, Finding, Unread
from entrepot.domain.values import dataclass
from entrepot.scan.budget import Budget
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source


class RunsCode(StrEnum):
    """Whether a format can run code on loading, for the published table; a file's own answer is its capability."""

    NO = "no"
    RARELY = "rarely"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a file; the engine opens it and counts what it costs."""

    name: str
    source: Source
    formats: tuple[str, ...] = ()
    """Formats that must inspect it, whatever its bytes look like: a template inside a header, a pickle inside bytes."""
    opaque: bool = False
    """Values that nothing ever reads as code, such as a tensor's: only its first bytes are looked at."""


Found: TypeAlias = Finding | Member | Unread | Capability
"""What an inspection yields; of capabilities, the greatest counts."""


@dataclass(frozen=True, slots=True)
class Format:
    """One alternative of this drawer.

    `recognize` gets the first and last bytes, the name as a hint only. `inspect` may raise `Unreadable`,
    `Unrecognized` and `OutOfBudget`, and nothing else. It yields as it goes: what was found before a break stays found.
    """

    name: str
    recognize: Callable[[Sample], bool]
    inspect: Callable[[Sample, Budget], Iterator[Found]]
    title: str
    """What people call it, for the table of formats."""
    runs_code: RunsCode
    through: str = ""
    """By what it runs code, for the same table."""
    suffixes: tuple[str, ...] = ()
    """Names that promise this format, with their dots."""
    firsts: bytes | None = None
    """The first bytes that it can begin with, so that it is asked about those alone; None for any."""
    names: tuple[str, ...] = ()
    """Extensions and whole names under which it is asked about any bytes."""
