"""What PyTorch's loaders make of an archive, apart from its members."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Found
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.zip.layout import layout
from entrepot.scan.zip.walk import Archive, walk

MAX_SHOWN = 20


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a format yields. Raises `Unrecognized` and `OutOfBudget`."""
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
