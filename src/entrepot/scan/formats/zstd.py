"""Zstandard frames, skippable ones between them."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import cast

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.skippable import past_skippable
from entrepot.scan.source import Source
from entrepot.scan.streams import inspect_stream
from entrepot.scan.unpacking import Bounded, Opening, Stepwise

_MAGIC = b"\x28\xb5\x2f\xfd"
_MODULES = ("compression.zstd", "backports.zstd")
"""Where Python has its decoder: in itself from 3.14 on, before that in a package of the same interface."""
_RESERVED = 8
_WINDOW_LOG = 27
"""The decoder's own limit: 128 MiB."""


def _recognize(sample: Sample) -> bool:
    head = sample.head
    return head[:4] == _MAGIC and len(head) > 8 and not head[4] & _RESERVED


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    if _module() is None:
        yield Unread("Zstandard, for which no decoder is installed")
        return
    yield from inspect_stream(sample, budget, _begin)


@cache
def _module() -> object:
    for name in _MODULES:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _begin(source: Source, at: int) -> Opening | None:
    if at:
        at = past_skippable(source, at)
    if source.read(at, 4) != _MAGIC:
        return None
    zstd = _module()
    options = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}  # type: ignore[attr-defined]
    return Opening(Stepwise(cast(Bounded, zstd.ZstdDecompressor(options=options))), at)  # type: ignore[attr-defined]


FORMAT = Format(
    "zstd", _recognize, _inspect, "Zstandard", RunsCode.RARELY, "what is inside", (".zst", ".zstd", ".tzst")
)
