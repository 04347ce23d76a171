"""Gzip files (RFC 1952): any number of members in a row, which readers take as one."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_MAGIC = b"\x1f\x8b\x08"
_HEADER = 10
_SHORT = 24
"""Bytes of name and comment in which no pickle has room."""


def _recognize(sample: Sample) -> bool:
    head = sample.head
    return head[:3] == _MAGIC and len(head) > 9 and not head[3] & 0xE0 and not sample.opaque


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.runs import gzip
    from entrepot.scan.streams import inspect_stream

    yield from inspect_stream(sample, budget, gzip)
    opening = gzip(sample.source, 0)
    if opening and opening.offset - _HEADER > _SHORT:
        from entrepot.scan.inside import pickles

        yield from pickles(sample.source, budget, _HEADER, opening.offset)


FORMAT = Format(
    "gzip",
    _recognize,
    _inspect,
    "gzip",
    RunsCode.RARELY,
    "what is inside",
    (".gz", ".tgz"),
    firsts=b"\x1f",
)
