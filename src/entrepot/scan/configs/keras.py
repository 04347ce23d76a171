"""Keras's configurations: code in Lambda layers, classes and functions by module and name, layers that load."""

import base64
import binascii
from collections.abc import Iterator, Mapping

from entrepot.domain.report import Capability, Finding
from entrepot.scan.budget import Unreadable
from entrepot.scan.configs import Entry
from entrepot.scan.formats import Member
from entrepot.scan.imports import Tier, look_up
from entrepot.scan.marshal.judging import harm, shown
from entrepot.scan.marshal.reading import Code, read
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.source import BytesSource

MAX_CODE = 4 << 20
_OWN = Pattern(
    r"^(?:keras|tf_keras|keras_hub|keras_nlp|keras_cv|keras_core|tensorflow\.(?:python\.)?keras|keras_tuner|tensorflow_addons)(?:\.|$)"
)
# Modules of Keras itself whose functions read, fetch, import or switch protection off.
_GADGETS = Pattern(
    r"\.(?:utils|saving|models|config|legacy|callbacks|datasets|applications|backend|export|wrappers|tree|"
    r"visualization|distribution)(?:\.|$)"
    r"|\.src\.(?:utils|saving|backend|export|legacy|wrappers|trainers|callbacks)(?:\.|$)"
)
_HARMLESS_GADGETS = frozenset(
    "Progbar Sequence PyDataset FeatureSpace CustomObjectScope Functional Sequential Model Variable".split()
)
_LOADING_LAYERS = frozenset("TFSMLayer TorchModuleWrapper JaxLayer FlaxLayer TFOpLambda SlicingOpLambda".split())
_SOURCE = Pattern(r"\blambda\b|[(;=]")
_RUNS = Pattern(r"__import__\s*\(|\b(?:eval|exec|compile)\s*\(|\bos\.(?:system|popen)\b|\bsubprocess\.\w+")
_FUNCTIONS = frozenset("function Function builtin_function_or_method".split())
_BUILTINS = frozenset(
    "relu linear softmax sigmoid tanh elu selu gelu swish silu softplus softsign exponential "
    "int float str bool list dict tuple".split()
)


def keras(entry: Entry) -> Iterator[Finding | Member | Capability]:
    """Findings of an entry that Keras would make an object of."""
    mapping = entry.mapping
    name, module = mapping.get("class_name"), mapping.get("module")
    if not isinstance(name, str) or ("config" not in mapping and module is None):
        return
    config = mapping.get("config")
    if _last(name) in ("Lambda", "__lambda__"):
        yield from _lambda(name, config, entry)
    elif name in _LOADING_LAYERS:
        yield from _loading(name, config, entry)
    elif name in _FUNCTIONS or mapping.get("registered_name") == "function":
        yield from _function(config, module, entry)
    elif isinstance(module, str):
        yield from _class(name, module, entry)
    yield from _texts(config, entry)
    if isinstance(config, dict) and isinstance(vocabulary := config.get("vocabulary"), str):
        message = f"a layer reads its vocabulary from {vocabulary} when it is loaded"
        yield found("keras.vocabulary-path", message, evidence=f"{entry.below('config')}.vocabulary: {vocabulary}")


def _texts(config: object, entry: Entry) -> Iterator[Finding]:
    values = config.values() if isinstance(config, dict) else [config]
    for value in values:
        if isinstance(value, str) and _RUNS.search(value):
            yield found(
                "keras.code-in-text", "a value is Python that runs something", evidence=f"{entry.path}: {value}"
            )


def _last(name: str) -> str:
    """The class's own name: older versions wrote the module, or the package that it was registered for, before it."""
    return name.replace(">", ".").rpartition(".")[2]


def _lambda(name: str, config: object, entry: Entry) -> Iterator[Finding | Capability]:
    if not isinstance(config, dict):
        return
    codes = list(_codes(config))
    for text in codes:
        yield Capability.YES
        yield _code(text, entry)
    module = next((config[key] for key in ("fn_module", "module") if isinstance(config.get(key), str)), None)
    function = config.get("function_name") or config.get("function")
    if isinstance(module, str) and isinstance(function, str):
        yield from _function(function, module, entry)
    elif isinstance(entry.mapping.get("module"), str) and not _OWN.search(str(entry.mapping["module"])):
        yield from _class(name, str(entry.mapping["module"]), entry)
    if isinstance(function, str) and not codes:
        yield Capability.YES
        rule = "keras.lambda-text" if _SOURCE.search(function) else "keras.lambda-by-name"
        yield found(rule, f"a Lambda layer calls {function}", evidence=f"{entry.path}: {function}")


def _codes(config: Mapping[str, object]) -> Iterator[str]:
    """The texts of code in a Lambda's configuration, of Keras 2 and of Keras 3."""
    for key in ("function", "output_shape", "mask", "code", "value"):
        value = config.get(key)
        if isinstance(value, list) and value and isinstance(value[0], str):
            yield value[0]
        elif isinstance(value, str) and key in ("code", "value"):
            yield value
        elif (
            isinstance(value, dict)
            and value.get("class_name") == "__lambda__"
            and isinstance(value.get("config"), dict)
        ):
            # An entry of its own will be looked at as such.
            return


def _code(text: str, entry: Entry) -> Finding:
    try:
        value = read(base64.b64decode(text[:MAX_CODE]))
    except (Unreadable, binascii.Error, ValueError) as error:
        message = f"a Lambda layer with code that can't be read ({error}), run when the model is loaded or used"
        return found("keras.lambda", message, evidence=f"{entry.path}: {text[:300]}")
    if not isinstance(value, Code):
        return found(
            "keras.lambda", "a Lambda layer with marshalled data for code", evidence=f"{entry.path}: {text[:300]}"
        )
    signs = harm(value)
    message = f"a Lambda layer with compiled code{f' that mentions {chr(44).join(signs[:6])}' if signs else ''}"
    return found("keras.lambda", message, evidence=f"{entry.path}\n{shown(value)}")


def _loading(name: str, config: object, entry: Entry) -> Iterator[Finding | Member | Capability]:
    if name in ("TFOpLambda", "SlicingOpLambda"):
        return  # a named operator of TensorFlow, in models made of functions
    yield Capability.YES
    yield found(
        "keras.loading-layer",
        f"a {name} loads another model, or code, when this one is loaded",
        evidence=f"{entry.path}: {config!r}"[:1000],
    )
    module = config.get("module") if isinstance(config, dict) else None
    pickled = module.get("value") or module.get("config") if isinstance(module, dict) else module
    if isinstance(pickled, dict):
        pickled = pickled.get("value")
    if isinstance(pickled, str):
        try:
            data = base64.b64decode(pickled)
        except (binascii.Error, ValueError):
            return
        yield Member(f"{entry.path}.module", BytesSource(data))


def _function(config: object, module: object, entry: Entry) -> Iterator[Finding | Capability]:
    named = config if isinstance(config, str) else config.get("name") if isinstance(config, dict) else None
    if not isinstance(named, str):
        return
    place = module if isinstance(module, str) else ""
    if place and _OWN.search(place) and not _GADGETS.search(place):
        return
    if place in ("", "builtins") and named in _BUILTINS:
        return
    if not place:
        return  # found among what the program registered, or not at all
    yield Capability.YES
    known = look_up(place, named)
    rule = "keras.custom-object" if known.tier is Tier.UNKNOWN else "keras.dangerous-object"
    yield found(rule, f"loading imports {place} and uses {named}", evidence=f"{entry.path}: {place}.{named}")


def _class(name: str, module: str, entry: Entry) -> Iterator[Finding | Capability]:
    if _OWN.search(module):
        if _GADGETS.search(f".{module.partition('.')[2]}") and name not in _HARMLESS_GADGETS and not name[:1].isupper():
            yield Capability.YES
            yield found(
                "keras.dangerous-object", f"loading calls {module}.{name}", evidence=f"{entry.path}: {module}.{name}"
            )
        return
    if (module, name) in _DATA:
        return
    yield Capability.YES
    known = look_up(module, name)
    if known.tier is Tier.DANGEROUS or (known.tier is Tier.UNLISTED):
        yield found(
            "keras.dangerous-object",
            f"loading imports {module} and makes {name}: {known.why}",
            evidence=f"{entry.path}: {module}.{name}",
        )
    elif known.tier is Tier.UNKNOWN:
        yield found(
            "keras.custom-object",
            f"loading imports {module} and makes {name}",
            evidence=f"{entry.path}: {module}.{name}",
        )


_DATA = frozenset(
    (
        ("builtins", "__tensor__"),
        ("builtins", "__numpy__"),
        ("builtins", "slice"),
        ("builtins", "tuple"),
        ("builtins", "__bytes__"),
        ("builtins", "__ellipsis__"),
        ("builtins", "int"),
        ("builtins", "float"),
        ("builtins", "str"),
        ("builtins", "dict"),
        ("builtins", "list"),
        ("numpy", "dtype"),
        ("tensorflow", "TypeSpec"),
        ("tensorflow", "DType"),
    )
)
