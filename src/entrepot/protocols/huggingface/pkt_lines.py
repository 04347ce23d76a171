"""Pkt-lines: how git frames what it says, as its protocol-common document has it."""

from collections.abc import AsyncIterator, Iterable, Iterator
from enum import Enum

from entrepot.domain.errors import Invalid

MAX_DATA = 65516
"""The most that one line holds."""


class Mark(Enum):
    """A line without content."""

    FLUSH = b"0000"
    DELIMITER = b"0001"
    END = b"0002"


FLUSH, DELIMITER = Mark.FLUSH.value, Mark.DELIMITER.value


def line(data: bytes) -> bytes:
    """The data as one line."""
    return b"%04x" % (len(data) + 4) + data


def text(*words: str) -> bytes:
    """The words, with a newline at their end, as one line."""
    return line(" ".join(words).encode() + b"\n")


def lines(texts: Iterable[str]) -> bytes:
    """Each of the texts as one line."""
    return b"".join(text(item) for item in texts)


def parse(body: bytes) -> Iterator[bytes | Mark]:
    """What stands in the lines, without a newline at their end; raises `Invalid`."""
    at = 0
    while at < len(body):
        head = body[at : at + 4]
        try:
            size = int(head, 16) if len(head) == 4 and head.isalnum() else -1
        except ValueError:
            size = -1
        if size in (0, 1, 2):
            yield Mark(head)
            at += 4
            continue
        if size < 4 or at + size > len(body):
            raise Invalid(f"the request's body is no list of pkt-lines at byte {at}")
        yield body[at + 4 : at + size].removesuffix(b"\n")
        at += size


async def side_band(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, as lines of the first band: what is the pack's."""
    async for piece in pieces:
        for start in range(0, len(piece), MAX_DATA - 1):
            yield line(b"\1" + piece[start : start + MAX_DATA - 1])
    yield FLUSH
