"""GGUF: metadata, tensors, and the chat template that the program around them renders."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    return sample.head[:4] == b"GGUF" and not sample.opaque


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.gguf.inspection import inspect

    return inspect(sample, budget)


FORMAT = Format(
    "gguf",
    _recognize,
    _inspect,
    "GGUF",
    RunsCode.RARELY,
    "the chat template; overflows in readers",
    (".gguf",),
    firsts=b"G",
)
