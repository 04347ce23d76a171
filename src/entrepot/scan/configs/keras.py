"""Keras's configurations: code in Lambda layers, classes and functions by module and name, layers that load."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Finding
from entrepot.scan.configs import Entry
from entrepot.scan.configs.keras_code import bytecode, embedded, lambdas, pickled
from entrepot.scan.configs.keras_names import made, used
from entrepot.scan.configs.keras_values import operators, values
from entrepot.scan.formats import Member
from entrepot.scan.rules import found

_LOADING_LAYERS = frozenset("TFSMLayer TorchModuleWrapper JaxLayer FlaxLayer".split())
_OPERATORS = frozenset("TFOpLambda SlicingOpLambda TensorFlowOpLayer".split())
_FUNCTIONS = frozenset("function Function builtin_function_or_method".split())


def keras(entry: Entry) -> Iterator[Finding | Member | Capability]:
    """Findings of an entry that Keras would make an object of."""
    mapping = entry.mapping
    name, module = mapping.get("class_name"), mapping.get("module")
    if not isinstance(name, str) or ("config" not in mapping and module is None and "items" not in mapping):
        return
    config = mapping.get("config")
    last = _last(name)
    if last == "__lambda__":
        yield from bytecode(config, entry)
    elif last == "Lambda":
        yield from lambdas(name, config, entry)
    elif last in _LOADING_LAYERS:
        yield from _loading(last, config, entry)
    elif last in _OPERATORS:
        yield from operators(config, entry)
    elif name in _FUNCTIONS or (mapping.get("registered_name") == "function" and isinstance(config, str)):
        yield from used(config, module, entry)
    elif name == "__typespec__":
        yield from used(mapping.get("spec_name"), module, entry)
    elif isinstance(module, str):
        yield from made(name, module, entry)
    elif "." in name and ">" not in name:
        yield from made(last, name.rpartition(".")[0], entry)
    yield from values(config, entry)
    if last not in ("Lambda", "__lambda__", *_LOADING_LAYERS):
        yield from embedded(config, entry)


def _last(name: str) -> str:
    """The class's own name: older versions wrote the module, or the package that it was registered for, before it."""
    return name.replace(">", ".").rpartition(".")[2]


def _loading(name: str, config: object, entry: Entry) -> Iterator[Finding | Member | Capability]:
    yield Capability.YES
    yield found(
        "keras.loading-layer",
        f"a {name} loads another model, or code, when this one is loaded",
        evidence=f"{entry.path}: {config!r}"[:1000],
    )
    yield from pickled(config, entry)
