"""Orbax's metadata beside a checkpoint: which handlers are to restore which part."""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_NAMES = ("_checkpoint_metadata", "_metadata", "checkpoint_metadata.json", "orbax_checkpoint.json", "metadata.json")
_OWN = ("orbax.", "jax.", "jaxlib.", "numpy.", "flax.", "tensorstore.", "grain.", "etils.")
_KEYS = frozenset("item_handlers handler restore_fn restore_function load_fn hook callback".split())


def _recognize(sample: Sample) -> bool:
    return sample.basename in _NAMES and not sample.opaque and sample.head.lstrip()[:1] == b"{"


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    document = sample.json
    if not isinstance(document, dict):
        raise Unrecognized("no metadata of Orbax's")
    waiting: list[tuple[str, object]] = list(document.items())
    while waiting:
        budget.spend_values()
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(key if key in _KEYS else str(name), item) for name, item in value.items()]
        elif isinstance(value, list):
            waiting += [(key, item) for item in value]
        elif isinstance(value, str):
            yield from _text(key, value)


def _text(key: str, value: str) -> Iterator[Finding]:
    from entrepot.scan.configs.callables import known
    from entrepot.scan.embedded import commands
    from entrepot.scan.imports import Tier

    if key in _KEYS and "." in value and not value.startswith(_OWN) and value.replace(".", "_").isidentifier():
        what = known(value)
        if what.tier is Tier.DANGEROUS:
            yield found(
                "orbax.handler", f"{value} is to restore the checkpoint: {what.why}", evidence=f"{key}: {value}"
            )
            return
    yield from commands(value, key)


FORMAT = Format(
    "orbax", _recognize, _inspect, "Orbax metadata", RunsCode.RARELY, "handlers by name", firsts=b"", names=_NAMES
)
