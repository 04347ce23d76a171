"""What the `license-expression` library knows: the ids of SPDX, their kinds, and the grammar of expressions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_OWN_OF_THE_LIBRARY = "licenseref-"


@dataclass(frozen=True, slots=True)
class Kind:
    """An id of SPDX, and what sort of license it is by the library's table."""

    id: str
    category: str
    is_exception: bool


@cache
def kinds() -> Mapping[str, Kind]:
    """Every id of SPDX, also the outdated ones, by itself in lower case."""
    # Loaded here: the table has 2,500 rows.
    from license_expression import get_license_index

    found: dict[str, Kind] = {}
    for row in get_license_index():
        for name in _names(row):
            found.setdefault(name, Kind(row["spdx_license_key"], str(row["category"]), bool(row["is_exception"])))
    return found


def _names(row: Mapping[str, Any]) -> Iterator[str]:
    if row["is_deprecated"]:
        return
    for name in (row["spdx_license_key"], *row["other_spdx_license_keys"]):
        if name and not name.casefold().startswith(_OWN_OF_THE_LIBRARY):
            yield name.casefold()


@cache
def grammar() -> Any:
    """The library's reader of expressions."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()
