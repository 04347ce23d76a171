"""TorchServe's manifest in a model archive: which files of it are the handler, the model and the weights."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.archive import escapes
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_FILES = ("handler", "modelFile", "serializedFile", "extraFiles", "requirementsFile", "configFile", "envelope")
_BUILT_IN = frozenset(
    "text_classifier image_classifier object_detector image_segmenter base_handler vision_handler text_handler "
    "pippy_handler huggingface_handler".split()
)


def _recognize(sample: Sample) -> bool:
    return sample.basename == "manifest.json" and not sample.opaque and b"{" in sample.head[:16]


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    document = sample.json
    model = document.get("model") if isinstance(document, dict) else None
    if not isinstance(model, dict) or not {"handler", "serializedFile", "modelFile"} & set(model):
        raise Unrecognized("no manifest of TorchServe's")
    yield Capability.YES
    for key in _FILES:
        value = model.get(key)
        # The archiver wrote several files as one text with commas.
        names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        for name in names[:1000]:
            budget.spend_values()
            if isinstance(name, str):
                yield from _file(key, name.strip())


def _file(key: str, name: str) -> Iterator[Found]:
    if "://" in name or escapes(name.partition(":")[0] if key == "handler" and name[1:2] != ":" else name):
        message = f"the {key} is {name}, which is not in the archive"
        yield found("mar.path-outside", message, evidence=f"model.{key}: {name}")
    elif key == "handler" and ":" not in name and not name.endswith(".py") and name not in _BUILT_IN:
        from entrepot.scan.imports import Tier, look_up

        module = name.removesuffix(".py").replace("/", ".")
        if look_up(module, "handle").tier is Tier.DANGEROUS:
            message = f"the handler is the module {module}, which is no handler"
            yield found("mar.path-outside", message, evidence=f"model.{key}: {name}")


FORMAT = Format(
    "mar",
    _recognize,
    _inspect,
    "a TorchServe manifest",
    RunsCode.YES,
    "the archive's handler",
    firsts=b"",
    names=("manifest.json",),
)
