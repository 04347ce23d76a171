"""PyTorch's zip files: saved tensors and modules, TorchScript, torch.package, torch.export, mobile."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.zip.layout import layout
from entrepot.scan.zip.recognize import is_zip
from entrepot.scan.zip.walk import Archive, walk

_MARKS = (b"data.pkl", b"constants.pkl", b".data/version", b"archive_format", b"models/model.json")
_SUFFIXES = (".pt", ".pth", ".pt2", ".ptl", ".ckpt", ".bin", ".pkl", ".th", ".tar", ".model")
MAX_SHOWN = 20


def _recognize(sample: Sample) -> bool:
    if sample.opaque or not is_zip(sample):
        return False
    # The directory is at the end; the first entry's name, at the beginning, is enough where the end would cost much.
    return any(mark in sample.head or mark in sample.tail for mark in _MARKS)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    try:
        archive = walk(sample, budget)
    except Unreadable as error:
        raise Unrecognized(str(error)) from None
    roots = layout(archive.names).roots
    if not roots:
        raise Unrecognized("no member that PyTorch's loaders look for")
    yield Capability.ALLOWED_IMPORTS
    yield from _package(archive, roots)


def _package(archive: Archive, roots: frozenset[str]) -> Iterator[Found]:
    """torch.package's archives carry Python that its importer runs."""
    names = set(archive.names)
    for root in sorted(roots):
        prefix = f"{root}/" if root else ""
        if not {f"{prefix}.data/extern_modules", f"{prefix}.data/python_version"} & names:
            continue
        sources = sorted(name for name in names if name.startswith(prefix) and name.endswith((".py", ".pyc")))
        if sources:
            yield Capability.YES
            message = f"torch.package runs the archive's own Python: {', '.join(sources[:MAX_SHOWN])}"
            yield found("torch.package-code", message)


FORMAT = Format("torch", _recognize, _inspect, "a PyTorch file", RunsCode.YES, "its pickles and code", _SUFFIXES)
