"""Which license is meant by what people write: ids, words of model cards, names and addresses."""

import re
from collections.abc import Mapping
from functools import cache

from entrepot.licenses.known import entries
from entrepot.licenses.spdx import kinds

MAX_NAME = 200
_SEPARATORS = re.compile(r"[\s_/,:;()\[\]\"'-]+")
_MAY_STAND_BEFORE = ("the-", "license-")
_MAY_STAND_BEHIND = ("-agreement", "-license", "-community-license")


def named(name: str) -> str | None:
    """The id of the license that goes by this name, or None."""
    if len(name) > MAX_NAME:
        return None
    slug = _slug(name)
    for candidate in (slug, *_shortened(slug)):
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


def _slug(name: str) -> str:
    return _SEPARATORS.sub("-", name.strip().casefold().replace("licence", "license")).strip("-.")


def _shortened(slug: str) -> list[str]:
    shorter = [slug.removeprefix(prefix) for prefix in _MAY_STAND_BEFORE if slug.startswith(prefix)]
    return shorter + [
        one.removesuffix(suffix) for one in (slug, *shorter) for suffix in _MAY_STAND_BEHIND if one.endswith(suffix)
    ]


@cache
def _names() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for license_id, entry in entries().items():
        for name in (license_id, entry.license.name, *entry.words):
            found.setdefault(_slug(name), license_id)
    return found


@cache
def _links() -> Mapping[str, str]:
    pairs = [(link.replace("_", "-"), license_id) for license_id, entry in entries().items() for link in entry.links]
    # The longest first: one may begin another.
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))
