"""What a reader of headers answers when the first bytes of a file were too few."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NeedMore:
    """Call again with at least the file's first `size` bytes; `size` never exceeds the file or the limit."""

    size: int
