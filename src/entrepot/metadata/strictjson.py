"""JSON as its standard has it (RFC 8259), from strangers: no NaN, no name twice, nothing too deep."""

import json
from collections.abc import Mapping
from typing import NoReturn

from entrepot.domain.errors import Invalid, TooLarge


def read_json(data: bytes, limit: int, what: str) -> object:
    """The value that the UTF-8 text holds. Raises `Invalid`, or `TooLarge` for more than `limit` bytes."""
    if len(data) > limit:
        raise TooLarge(f"{what} is longer than {limit} bytes")
    try:
        return json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{what} is not valid JSON: {error}") from None


def read_json_object(data: bytes, limit: int, what: str) -> Mapping[str, object]:
    """The object that the UTF-8 text holds. Raises `Invalid` for any other value as well."""
    value = read_json(data, limit, what)
    if not isinstance(value, dict):
        raise Invalid(f"{what} is not a JSON object")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
