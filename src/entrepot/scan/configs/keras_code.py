"""Code in Keras's configurations: marshalled in Lambda layers, pickled in layers of other frameworks, as text."""

import base64
import binascii
from collections.abc import Iterator

from entrepot.domain.report import Capability, Finding
from entrepot.scan.budget import Unreadable
from entrepot.scan.configs import Entry
from entrepot.scan.configs.keras_names import made, used
from entrepot.scan.formats import Member
from entrepot.scan.marshal.judging import harm, shown
from entrepot.scan.marshal.reading import Code, read
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.source import BytesSource

MAX_CODE = 4 << 20
MAX_TEXTS = 2_000
"""Texts of one layer's configuration that are looked at."""
_SHORTEST = 48
"""Characters of the shortest code object, encoded."""
_SOURCE = Pattern(r"\blambda\b|[(;=]")
_ENCODED = Pattern(r"(?:4w|Yw|4y)[A-Za-z0-9+/\s]+=*\s*")
"""How base64 of a code object begins: by its kind, `c`, with or without the mark of what is referred to."""


def lambdas(name: str, config: object, entry: Entry) -> Iterator[Finding | Capability]:
    """Findings of a Lambda layer."""
    if not isinstance(config, dict):
        return
    codes = list(_codes(config))
    for text in codes:
        yield Capability.YES
        yield _code(text, entry)
    module = next((config[key] for key in ("fn_module", "module") if isinstance(config.get(key), str)), None)
    function = next(
        (config[key] for key in ("function_name", "function", "fn") if isinstance(config.get(key), str)), None
    )
    if isinstance(module, str):
        yield from used(function or "*", module, entry)
    elif isinstance(entry.mapping.get("module"), str):
        yield from made(name, str(entry.mapping["module"]), entry)
    if function and not codes:
        yield Capability.YES
        rule = "keras.lambda-text" if _SOURCE.search(function) else "keras.lambda-by-name"
        yield found(rule, f"a Lambda layer calls {function}", evidence=f"{entry.path}: {function}")


def bytecode(config: object, entry: Entry) -> Iterator[Finding | Capability]:
    """Findings of what Keras 3 writes for a function without a name."""
    for key in ("code", "value"):
        if isinstance(config, dict) and isinstance(text := config.get(key), str):
            yield Capability.YES
            yield _code(text, entry)


def embedded(config: object, entry: Entry) -> Iterator[Finding | Capability]:
    """Findings of marshalled code where nobody looks for it."""
    for text in _texts(config):
        if len(text) >= _SHORTEST and _ENCODED.fullmatch(text[:MAX_CODE]):
            try:
                value = read(base64.b64decode(text[:MAX_CODE]))
            except (Unreadable, binascii.Error, ValueError):
                continue
            if isinstance(value, Code):
                yield Capability.YES
                yield _code(text, entry)


def pickled(config: object, entry: Entry) -> Iterator[Member]:
    """What a layer that wraps a module of another framework unpickles."""
    module = config.get("module") if isinstance(config, dict) else None
    value = module.get("value") or module.get("config") if isinstance(module, dict) else module
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, str):
        try:
            data = base64.b64decode(value)
        except (binascii.Error, ValueError):
            return
        yield Member(f"{entry.path}.module", BytesSource(data))


def _codes(config: dict[str, object]) -> Iterator[str]:
    """The texts of code in a Lambda's configuration, of Keras 2 and of Keras 3."""
    for key in ("function", "output_shape", "mask", "code", "value"):
        value = config.get(key)
        if isinstance(value, dict):
            # A tuple, in a way of writing it; other entries will be looked at as such.
            value = value.get("items") if value.get("class_name") == "__tuple__" else None
        if isinstance(value, list) and value and isinstance(value[0], str):
            yield value[0]
        elif isinstance(value, str) and key in ("code", "value"):
            yield value


def _texts(config: object) -> Iterator[str]:
    waiting = [config]
    for count, value in enumerate(waiting):
        if count > MAX_TEXTS:
            return
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            waiting += value[:MAX_TEXTS]
        elif isinstance(value, dict) and "class_name" not in value:
            waiting += list(value.values())[:MAX_TEXTS]


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
    message = f"a layer with compiled code{f' that mentions {chr(44).join(signs[:6])}' if signs else ''}"
    return found("keras.lambda", message, evidence=f"{entry.path}\n{shown(value)}")
