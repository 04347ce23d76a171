"""HDF5: Keras's older models, PyTables, MATLAB 7.3. Values are data; links, layouts and attributes can be more."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.hdf5 import SIGNATURE, USER_BLOCKS
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if head[:8] == SIGNATURE:
        return True
    return SIGNATURE in head and any(head[at : at + 8] == SIGNATURE for at in USER_BLOCKS)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: of most files nobody needs what reads this format.
    from entrepot.scan.hdf5.inspection import inspect

    yield from inspect(sample, budget)


FORMAT = Format(
    "hdf5",
    _recognize,
    _inspect,
    "HDF5, Keras H5",
    RunsCode.YES,
    "Lambda layers and named objects of Keras; links to other files; pickled attributes",
    (".h5", ".hdf5", ".keras", ".mat", ".he5", ".hdf"),
)
