"""PaddlePaddle's programs as version 3 writes them: `inference.json`, operators in regions and blocks."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_NAMES = ("inference.json",)


def _recognize(sample: Sample) -> bool:
    if sample.opaque or sample.head.lstrip()[:1] != b"{":
        return False
    return b'"base_code"' in sample.head or sample.basename in _NAMES


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.paddle import program_in_json

    document = sample.json
    if not isinstance(document, dict) or "program" not in document:
        raise Unrecognized("no program")
    for finding in program_in_json(document, budget):
        yield finding
        if finding.rule == "paddle.python-operator":
            yield Capability.YES


FORMAT = Format(
    "paddle-json",
    _recognize,
    _inspect,
    "PaddlePaddle in JSON",
    RunsCode.RARELY,
    "operators in Python",
    firsts=b"{ \t\r\n",
)
