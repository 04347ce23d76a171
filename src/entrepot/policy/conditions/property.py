"""What the package says of itself: its card, its configuration."""

from collections.abc import Mapping, Sequence

from entrepot.domain.content import Json
from entrepot.policy.conditions import About, Answer, Condition, Test, WrongValue
from entrepot.policy.facts import Facts
from entrepot.policy.patterns import Patterns
from entrepot.policy.showing import shown
from entrepot.policy.wanted import texts

MAX_DEPTH = 4
MAX_LOOKED_AT = 1_000


def _read(wanted: object) -> Test:
    asked = list(_asked(wanted, ()))

    def test(facts: Facts, _: str) -> Answer:
        found = [(path, _values(facts.package.properties, path), meant) for path, meant in asked]
        value = ", ".join(f"{'.'.join(path)}: {' '.join(values[:20]) or 'not set'}" for path, values, _ in found)
        return all(any(map(meant.match, values)) for _, values, meant in found), shown(value)

    return test


def _asked(wanted: object, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Patterns]]:
    """The properties that are asked for, each with what it should be."""
    if isinstance(wanted, Mapping) and wanted and len(path) < MAX_DEPTH:
        return [one for name, inner in wanted.items() for one in _asked(inner, (*path, str(name)))]
    if not path or isinstance(wanted, Mapping):
        raise WrongValue(
            'it takes the name of a property after a dot: property.pipeline_tag = "text-generation"', *path
        )
    items = wanted if isinstance(wanted, list) else [wanted]
    words = [_text(item) if isinstance(item, bool | int) else item for item in items]
    return [(path, Patterns(texts(words)))]


def _values(properties: Mapping[str, Json], path: Sequence[str]) -> list[str]:
    value: Json = properties
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return [_text(item) for item in items[:MAX_LOOKED_AT] if isinstance(item, str | int | float)]


def _text(item: str | int | float) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item)[:500]


CONDITION = Condition(
    "property",
    About.PACKAGE,
    _read,
    "what the package says of itself, by the Hub's names: `property.pipeline_tag`, `property.tags`, "
    "`property.library_name`, `property.config.model_type`; patterns, one that fits is enough. Several properties: all "
    "have to fit",
    'property.tags = ["custom_code"]',
    says="{package} says of itself {value}",
)
