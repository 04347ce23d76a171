"""What Keras imports by module and name: classes that it makes, functions that it uses."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Finding
from entrepot.scan.configs import Entry
from entrepot.scan.imports import Tier, look_up
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

_OWN = Pattern(
    r"^(?:keras|tf_keras|keras_hub|keras_nlp|keras_cv|keras_core|tensorflow\.(?:python\.)?keras|keras_tuner|tensorflow_addons)(?:\.|$)"
)
# Modules of Keras itself whose functions read, fetch, import or switch protection off.
_GADGETS = Pattern(
    r"\.(?:utils|saving|models|config|legacy|callbacks|datasets|applications|backend|export|wrappers|tree|"
    r"visualization|distribution)(?:\.|$)"
    r"|\.src\.(?:utils|saving|backend|export|legacy|wrappers|trainers|callbacks)(?:\.|$)|^(?:tf_)?keras\.preprocessing\."
)
_HARMLESS_GADGETS = frozenset(
    "Progbar Sequence PyDataset FeatureSpace CustomObjectScope Functional Sequential Model Variable".split()
)
_CALLBACKS = Pattern(r"\.callbacks(?:\.|$)")
_HARMFUL_BUILTINS = frozenset(
    "exec eval compile open __import__ getattr setattr delattr input breakpoint globals locals vars exit quit help "
    "memoryview type object".split()
)


def used(named: object, module: object, entry: Entry) -> Iterator[Finding | Capability]:
    """Findings of a function that Keras finds in a module."""
    named = named.get("name") if isinstance(named, dict) else named
    if not isinstance(named, str) or not isinstance(module, str) or not module:
        return  # found among what the program registered, or not at all
    if module == "builtins":
        # What Keras writes for a function of the publisher's own, or for one of Keras's.
        if named in _HARMFUL_BUILTINS:
            yield Capability.YES
            yield found("keras.dangerous-object", f"loading uses {named}", evidence=f"{entry.path}: builtins.{named}")
        return
    if _OWN.search(module) and not _GADGETS.search(module) and "." not in named:
        return
    yield Capability.YES
    known = look_up(module, named)
    if known.tier is not Tier.UNKNOWN:
        rule = "keras.dangerous-object"
    else:
        rule = "keras.registered-object" if _is_own(module, entry) else "keras.custom-object"
    yield found(rule, f"loading imports {module} and uses {named}", evidence=f"{entry.path}: {module}.{named}")


def made(name: str, module: str, entry: Entry) -> Iterator[Finding | Capability]:
    """Findings of a class that Keras finds in a module and makes an object of."""
    shown = f"{entry.path}: {module}.{name}"
    if _OWN.search(module):
        rest = f".{module.partition('.')[2]}"
        is_gadget = _GADGETS.search(rest) and name not in _HARMLESS_GADGETS and not name[:1].isupper()
        if is_gadget or _CALLBACKS.search(rest):
            yield Capability.YES
            yield found("keras.dangerous-object", f"loading calls {module}.{name}", evidence=shown)
        return
    if (module, name) in _DATA:
        return
    yield Capability.YES
    known = look_up(module, name)
    if known.tier in (Tier.DANGEROUS, Tier.UNLISTED):
        message = f"loading imports {module} and makes {name}: {known.why}"
        yield found("keras.dangerous-object", message, evidence=shown)
    elif known.tier is Tier.UNKNOWN:
        rule = "keras.registered-object" if _is_own(module, entry) else "keras.custom-object"
        yield found(rule, f"loading imports {module} and makes {name}", evidence=shown)


def _is_own(module: str, entry: Entry) -> bool:
    """Whether it is what Keras writes for what a publisher has registered, or has defined in the program itself."""
    registered = entry.mapping.get("registered_name")
    return module == "__main__" or (isinstance(registered, str) and ">" in registered)


_DATA = frozenset(
    (
        *(("builtins", name) for name in "__tensor__ __numpy__ slice tuple __bytes__ __ellipsis__ __slice__".split()),
        *(("builtins", name) for name in "int float str dict list set frozenset bool bytes function".split()),
        ("numpy", "dtype"),
        ("tensorflow", "TypeSpec"),
        ("tensorflow", "DType"),
    )
)
