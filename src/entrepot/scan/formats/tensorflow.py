"""TensorFlow's graphs: SavedModel, hub modules, frozen graphs, MetaGraphs, Keras's metadata beside them."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    if sample.head[:1] not in (b"\x08", b"\x0a", b"\x12"):
        return False
    # Loaded here: of most files nobody needs what reads this format.
    from entrepot.scan.tensorflow.inspection import kind

    return bool(kind(sample))


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.tensorflow.inspection import inspect

    yield from inspect(sample, budget)


FORMAT = Format(
    "tensorflow",
    _recognize,
    _inspect,
    "TensorFlow SavedModel, GraphDef or MetaGraph",
    RunsCode.YES,
    "operators that read and write files; Lambda layers in Keras's metadata",
    (".pb", ".meta"),
    firsts=b"\x08\x0a\x12",
)
