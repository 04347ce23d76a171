"""JSON and YAML from strangers, within limits: nothing is constructed, what is odd is told instead of refused."""

from collections.abc import Sequence

from entrepot.domain.values import dataclass
from entrepot.scan.budget import Unreadable

_SHOWN = 20


class Exhausting(Unreadable):
    """The document is made to exhaust whoever reads it: nested, or repeated, beyond any honest use."""


@dataclass(frozen=True, slots=True)
class Json:
    """A value as Python's reader has it, and the names that stood twice in one object."""

    value: object
    repeated: Sequence[str] = ()


def parse_json(text: str) -> Json:
    """The value of a JSON text; NaN and Infinity pass, as they do in Python. Raises `Unreadable`."""
    # Loaded here: most files are no JSON.
    import json

    repeated: list[str] = []

    def take(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs) and len(repeated) < _SHOWN:
            seen: set[str] = set()
            repeated.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return found

    try:
        return Json(json.loads(text, object_pairs_hook=take), repeated[:_SHOWN])
    except RecursionError:
        raise Exhausting("the JSON is nested deeper than its readers can follow") from None
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise Exhausting(
                "a number in the JSON has more digits than its readers convert in reasonable time"
            ) from None
        raise Unreadable(f"not valid JSON: {error}") from None
