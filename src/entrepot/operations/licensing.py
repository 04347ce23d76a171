"""Licensing: what a package's own files declare, and what it has from its base models."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entrepot import licenses
from entrepot.domain.errors import EntrepotError, Invalid, NotFound
from entrepot.domain.licensing import Declaration
from entrepot.domain.names import PackageName, PackageType, RepositoryKey
from entrepot.metadata.card import Card
from entrepot.operations.registry import Registry
from entrepot.repositories import Repository

MAX_BASES = 8
"""How many base models are followed in all; merges name a handful."""
MAX_DEPTH = 4
"""How many steps a chain of base models is followed."""
CARD = "README.md"
CONFIGS = ("config.json", "adapter_config.json", "model_index.json")


@dataclass(frozen=True, slots=True)
class Inherited:
    """What comes from base models; not complete where one could not be asked about."""

    declarations: tuple[Declaration, ...]
    is_complete: bool


def declared_in(texts: Mapping[str, str]) -> tuple[Declaration, ...]:
    """What the files of a package declare, by path."""
    found: list[Declaration] = []
    for path, text in texts.items():
        name = path.rpartition("/")[2]
        if path == CARD:
            found += licenses.of_card(_card(text), path)
        elif licenses.is_license_file(path):
            declared = licenses.of_text(text, path)
            found += [declared] if declared else []
        elif name in CONFIGS:
            found += licenses.of_config(_object(text), path)
        elif name.endswith((".py", ".sh")):
            found += licenses.of_header(text, path)
    return tuple(found)


def _card(text: str) -> Mapping[str, object]:
    try:
        return Card.parse(text).data
    except Invalid:
        return {}


def _object(text: str) -> Mapping[str, object]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


async def inherited_by(registry: Registry, repository: Repository, card: str) -> Inherited:
    """What the base models declare that a card names, and what those have from theirs.

    They are looked for where the package is, and in the virtual repositories that hold that place.
    """
    law = await registry.firewall.law(registry.database)
    keys = sorted(law.within(repository.row.key.text) - {repository.row.key.text})
    around = [await registry.repository(RepositoryKey(key)) for key in keys]
    return await _Lineage([repository, *around]).of(_card(card), MAX_DEPTH)


class _Lineage:
    """A walk along `base_model` lines; each model is asked about once."""

    def __init__(self, places: Sequence[Repository]) -> None:
        self._places = places
        self._seen: set[str] = set()

    async def of(self, card: Mapping[str, object], depth: int) -> Inherited:
        found: list[Declaration] = []
        is_complete = True
        for base in licenses.base_models(card):
            if depth == 0 or base.lower() in self._seen or len(self._seen) >= MAX_BASES:
                continue
            self._seen.add(base.lower())
            try:
                its_card = await self._card_of(base)
            except EntrepotError:
                is_complete = False
                continue
            beyond = await self.of(its_card, depth - 1)
            is_complete &= beyond.is_complete
            declared = licenses.of_card(its_card, base)
            found += licenses.inherit(base, licenses.combine(declared, beyond.declarations))
        return Inherited(tuple(dict.fromkeys(found)), is_complete)

    async def _card_of(self, base: str) -> Mapping[str, object]:
        """The metadata of a model's card; nothing for a model that is nowhere, as a folder of somebody's machine."""
        try:
            name = PackageName.parse(PackageType.MODEL, base)
        except Invalid:
            return {}
        for place in self._places:
            try:
                known = (await place.package(name)).facts.get("cardData")
            except NotFound:
                continue
            return known if isinstance(known, dict) else {}
        return {}
