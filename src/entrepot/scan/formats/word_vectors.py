"""Vectors of words: word2vec's binary files and fastText's models. Data only."""

import re
from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_FASTTEXT = b"\xba\x16\x4f\x2f"
_FIRST = re.compile(rb"(\d{1,12}) (\d{1,6})\n")
_LONGEST = 512


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or not head:
        return False
    if head[:4] == _FASTTEXT:
        return len(head) > 56 and 0 < int.from_bytes(head[4:8], "little") < 100
    return head[:1].isdigit() and not sample.seems_text and _vectors(head) is not None


def _vectors(head: bytes) -> tuple[int, int, int] | None:
    """How many words and numbers there are, and where the first word begins, where the first words look like it."""
    match = _FIRST.match(head)
    if not match:
        return None
    count, width, at = int(match[1]), int(match[2]), match.end()
    for _ in range(min(count, 3)):
        end = head.find(b" ", at, at + _LONGEST)
        if end <= at or min(head[at:end].lstrip(b"\n"), default=0) < 32:
            return None
        at = end + 1 + 4 * width
        if at >= len(head):
            break
    return count, width, match.end()


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    shape = None if sample.head[:4] == _FASTTEXT else _vectors(sample.head)
    if shape and sample.source.size < shape[2] + shape[0] * (2 + 4 * shape[1]):
        raise Unreadable(f"{shape[0]} vectors of {shape[1]} numbers do not fit into {sample.source.size} bytes")
    yield from ()


FORMAT = Format(
    "word-vectors",
    _recognize,
    _inspect,
    "word2vec or fastText",
    RunsCode.NO,
    suffixes=(".ftz",),
    firsts=b"\xba0123456789",
)
