"""PyTorch's zip files: saved tensors and modules, TorchScript, torch.package, torch.export, mobile."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.zip.recognize import is_zip

_MARKS = (b"data.pkl", b"constants.pkl", b".data/version", b"archive_format", b"models/model.json")
_SUFFIXES = (".pt", ".pth", ".pt2", ".ptl", ".ckpt", ".bin", ".pkl", ".th", ".tar", ".model")


def _recognize(sample: Sample) -> bool:
    if sample.opaque or not is_zip(sample):
        return False
    # The directory is at the end; the first entry's name, at the beginning, is enough where the end would cost much.
    return any(mark in sample.head or mark in sample.tail for mark in _MARKS)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.zip.pytorch import inspect

    return inspect(sample, budget)


FORMAT = Format("torch", _recognize, _inspect, "a PyTorch file", RunsCode.YES, "its pickles and code", _SUFFIXES)
