"""What a Core ML package (`.mlpackage`) consists of: its `Manifest.json`, which names the files by path."""

from collections.abc import Iterator

from entrepot.scan.archive import escapes
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_ITEMS = "itemInfoEntries"


def _recognize(sample: Sample) -> bool:
    if sample.opaque or sample.head.lstrip()[:1] != b"{":
        return False
    return b'"itemInfoEntries"' in sample.head or sample.basename == "manifest.json"


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    document = sample.json
    items = document.get(_ITEMS) if isinstance(document, dict) else None
    if not isinstance(items, dict):
        raise Unrecognized("no package of Core ML's")
    for name, item in items.items():
        budget.spend_values()
        path = item.get("path") if isinstance(item, dict) else None
        if isinstance(path, str) and (escapes(path) or "://" in path):
            message = f"a part of the package is taken from outside of it: {path}"
            yield found("coreml.path-outside", message, evidence=f"{_ITEMS}.{name}.path: {path}")


FORMAT = Format(
    "coreml-package",
    _recognize,
    _inspect,
    "a Core ML package's manifest",
    RunsCode.NO,
    firsts=b"{ \t\r\n\xef",
)
