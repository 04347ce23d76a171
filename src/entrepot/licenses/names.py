"""Which license is meant by what people write: ids, words of model cards, names and addresses."""

import re
from collections.abc import Mapping
from functools import cache

from entrepot.licenses.spdx import kinds
from entrepot.licenses.table import entries

MAX_NAME = 200
_SEPARATORS = re.compile(r"[\s_/,:;()\[\]\"'-]+")
_MAY_STAND_BEFORE = ("the-", "license-")
_MAY_STAND_BEHIND = ("-agreement", "-license", "-community-license")


def named(name: str) -> str | None:
    """The id of the license that goes by this name, or None."""
    if len(name) > MAX_NAME:
        return None
    written = slug(name)
    for candidate in (written, *_shortened(written)):
        if found := _names().get(candidate):
            return found
        kind = kinds().get(candidate)
        if kind and not kind.is_exception:
            return kind.id
    return None


def linked(address: str) -> str | None:
    """The id of the license whose text stands at this address, or None."""
    folded = address[: 2 * MAX_NAME].casefold().replace("_", "-")
    return next((license_id for link, license_id in _links().items() if link in folded), None)


def slug(name: str) -> str:
    """The name in lower case, with one dash for what stands between its words; so are names that nobody knows told."""
    return _SEPARATORS.sub("-", name.strip().casefold().replace("licence", "license")).strip("-.")


def _shortened(written: str) -> list[str]:
    shorter = [written.removeprefix(prefix) for prefix in _MAY_STAND_BEFORE if written.startswith(prefix)]
    return shorter + [
        one.removesuffix(suffix) for one in (written, *shorter) for suffix in _MAY_STAND_BEHIND if one.endswith(suffix)
    ]


@cache
def _names() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for license_id, entry in entries().items():
        for name in (license_id, entry.license.name, *entry.words):
            found.setdefault(slug(name), license_id)
    return found


@cache
def _links() -> Mapping[str, str]:
    pairs = [(link.replace("_", "-"), license_id) for license_id, entry in entries().items() for link in entry.links]
    # The longest first: one may begin another.
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))
