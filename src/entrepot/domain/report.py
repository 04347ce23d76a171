"""What a scan says of one blob; until a scanner reports, nothing was looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Coverage(StrEnum):
    """How much of the bytes was looked at. Not read is not clean."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Report:
    """What one scanner version says of one blob."""

    scanner: str
    coverage: Coverage


UNREAD = Report(scanner="", coverage=Coverage.NONE)
