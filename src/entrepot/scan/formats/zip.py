"""Zip files: PyTorch's, Keras', NumPy's and everybody's archives."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.zip.recognize import is_zip


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.zip.inspection import inspect

    return inspect(sample, budget)


FORMAT = Format("zip", is_zip, _inspect, "a zip archive", RunsCode.RARELY, "what is inside", (".zip", ".npz"))
