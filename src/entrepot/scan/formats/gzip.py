"""Gzip files (RFC 1952): any number of members in a row, which readers take as one."""

from collections.abc import Iterator

from entrepot.scan.archive import is_padding
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source
from entrepot.scan.streams import inspect_stream
from entrepot.scan.unpacking import Inflate, Opening

_MAGIC = b"\x1f\x8b\x08"
_EXTRA, _NAME, _COMMENT, _CHECK = 4, 8, 16, 2
MAX_HEADER = 256 << 10
"""Its longest field is 64 KiB; names and comments end at a zero byte, which may never come."""


def _recognize(sample: Sample) -> bool:
    head = sample.head
    return head[:3] == _MAGIC and len(head) > 9 and not head[3] & 0xE0 and not sample.opaque


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    yield from inspect_stream(sample, budget, _begin)


def _begin(source: Source, at: int) -> Opening | None:
    """The member that begins there, past the zeros that may pad the one before."""
    head = source.read(at, 10)
    if head[:1] == b"\0" and at:
        block = source.read(at, 1 << 16)
        skipped = len(block) - len(block.lstrip(b"\0"))
        if is_padding(source, at, at + skipped) and skipped < len(block):
            at += skipped
            head = source.read(at, 10)
    if head[:3] != _MAGIC or len(head) < 10:
        return None
    header = source.read(at, MAX_HEADER) if head[3] else head
    end = 10
    if head[3] & _EXTRA:
        end += 2 + int.from_bytes(header[end : end + 2], "little")
    for field in (_NAME, _COMMENT):
        if head[3] & field:
            end = header.find(b"\0", end) + 1
            if not end:
                raise Unreadable("a gzip header without an end")
    if head[3] & _CHECK:
        end += 2
    return Opening(Inflate(), at + end, trailer=8)


FORMAT = Format("gzip", _recognize, _inspect, "gzip", RunsCode.RARELY, "what is inside", (".gz", ".tgz"))
