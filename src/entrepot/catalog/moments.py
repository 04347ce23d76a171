"""The clock of the catalog: now, in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, with its zone."""
    return datetime.now(UTC)
