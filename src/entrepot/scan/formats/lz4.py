"""LZ4 frames, as joblib writes them; skippable frames between them are passed over, old ones are told of."""

from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_MAGIC = b"\x04\x22\x4d\x18"
_OLD = b"\x02\x21\x4c\x18"


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if head[:4] == _MAGIC:
        return len(head) > 6 and head[4] >> 6 == 1 and not head[4] & 2
    return head[:4] == _OLD and not sample.opaque


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.runs import lz4
    from entrepot.scan.streams import inspect_stream

    if sample.head[:4] == _OLD:
        yield Unread("LZ4 in its old frames")
        return
    yield from inspect_stream(sample, budget, lz4)


FORMAT = Format("lz4", _recognize, _inspect, "LZ4", RunsCode.RARELY, "what is inside", (".lz4",), firsts=b"\x04\x02")
