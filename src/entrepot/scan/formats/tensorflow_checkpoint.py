"""TensorFlow checkpoints: an index of tensors (a sorted string table), and their values. Data without code."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.sample import Sample

_MAGIC = bytes.fromhex("57fb808b247547db")
_SHARD = Pattern(r".+\.data-\d{5}-of-\d{5}")


def _recognize(sample: Sample) -> bool:
    if (sample.suffix == ".index" or sample.head[:2] == b"\0\0") and sample.tail[-8:] == _MAGIC:
        return True
    # Values have no mark of their own: other formats look at them as well, and find what is in disguise.
    return ".data-" in sample.basename and bool(_SHARD.fullmatch(sample.basename)) and not sample.opaque


def _inspect(_: Sample, __: Budget) -> Iterator[Found]:
    return iter(())


FORMAT = Format("tensorflow-checkpoint", _recognize, _inspect, "TensorFlow checkpoint", RunsCode.NO, "", (".index",))
