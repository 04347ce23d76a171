"""XGBoost's models: JSON, Universal Binary JSON, and the binary format before them. Data only."""

from collections.abc import Iterator

from entrepot.domain.report import Location
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_OLD = (b"binf", b"bs64")
_KEYS = (b"learner", b"version", b"Config")


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or head[:1] not in (b"{", b"b"):
        return False
    if head[:4] in _OLD:
        return len(head) >= 32
    if head[1:2] in (b"i", b"U", b"I", b"l", b"L"):
        return any(key in head[2:24] for key in _KEYS) or (sample.suffix == ".ubj" and head[1:2] in b"iUIlL")
    return b'"learner"' in head[:200] and b'"gradient_booster"' in head and sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.embedded import commands_in

    if sample.head[:4] in _OLD or sample.head[1:2] not in (b"i", b"U", b"I", b"l", b"L"):
        yield from commands_in(sample.source, budget)
        return
    yield from _binary(sample, budget)


def _binary(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.embedded import commands
    from entrepot.scan.ubjson import Bomb, texts

    end = is_any = 0
    try:
        for one in texts(sample.source, budget):
            if isinstance(one, int):
                end = one
                continue
            is_any = True
            at, data = one
            if len(data) > 6:
                yield from commands(data.decode("utf-8", "replace"), "a text", at)
    except Bomb as bomb:
        message, place = bomb.args
        yield found("xgboost.bomb", message, at=Location(offset=place))
        return
    except Unreadable as broken:
        if not is_any:
            raise Unrecognized(str(broken)) from None
        raise
    yield from rest(sample.source, end)


FORMAT = Format(
    "xgboost",
    _recognize,
    _inspect,
    "XGBoost",
    RunsCode.NO,
    suffixes=(".ubj", ".xgb"),
    firsts=b"{b",
)
