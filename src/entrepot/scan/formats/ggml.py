"""The formats of ggml before GGUF (GGML, GGMF, GGJT, GGLA): recognized, and told of as not read."""

from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

SEARCHED = 64 << 20
_PLAIN = b"lmgg"
_VERSIONED = (b"fmgg", b"tjgg", b"algg")


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if head[:4] not in (*_VERSIONED, _PLAIN) or sample.opaque or len(head) < 16:
        return False
    return head[:4] == _PLAIN or int.from_bytes(head[4:8], "little") < 100


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: of most files nobody needs what searches bytes.
    from entrepot.scan.inside import smuggled

    yield from smuggled(sample.source, budget, "an old model of ggml", 0, SEARCHED)
    yield Unread("a format of ggml before GGUF, which has no lengths to check by")


FORMAT = Format(
    "ggml", _recognize, _inspect, "old GGML", RunsCode.RARELY, "overflows in readers", (".ggml",), firsts=b"lfta"
)
