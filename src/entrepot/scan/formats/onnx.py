"""ONNX: a graph of operators. It runs no code of its own, but operators can come from elsewhere, and so can values."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    if sample.head[:1] != b"\x08" or len(sample.head) < 8 or sample.opaque:
        return False
    # Loaded here: of most files nobody needs what reads this format.
    from entrepot.scan.onnx.inspection import is_model

    return is_model(sample.head)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.onnx.inspection import inspect

    yield from inspect(sample, budget)


FORMAT = Format(
    "onnx",
    _recognize,
    _inspect,
    "ONNX",
    RunsCode.RARELY,
    "operators of custom libraries; paths of external values",
    (".onnx", ".ort"),
    firsts=b"\x08",
)
