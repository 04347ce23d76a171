"""Under which licenses something stands: what is declared where, what follows from it, and whether a list allows it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

Alternatives = tuple[tuple[str, ...], ...]
"""Ways to comply with a license expression: one of the outer ones is enough, and takes all of its ids."""

WITH = " WITH "
"""Stands between a license and the exception to it."""


class Standing(StrEnum):
    """What is known of a license."""

    KNOWN = "known"
    """It is one that we know."""
    OTHER = "other"
    """It is a license of its own: "other", a name that we don't know, a text that we don't recognize."""
    UNKNOWN = "unknown"
    """Something is declared that nobody can read as a license."""
    MISSING = "missing"
    """Nothing is declared."""


class Where(StrEnum):
    """Where a license is declared."""

    CARD = "card"
    FILE = "license-file"
    HEADER = "header"
    CONFIG = "config"
    BASE_MODEL = "base-model"


class Family(StrEnum):
    """What kind of license it is, by what it asks of those who use and pass on what it covers."""

    PUBLIC_DOMAIN = "public-domain"
    """Nothing is asked."""
    PERMISSIVE = "permissive"
    """Notices are kept."""
    ATTRIBUTION = "attribution"
    """The authors are named, as Creative Commons and data licenses ask; otherwise free."""
    SHARE_ALIKE = "share-alike"
    """Adapted works and databases keep the license."""
    WEAK_COPYLEFT = "weak-copyleft"
    """Changes to the covered files or library keep the license, what uses them need not."""
    COPYLEFT = "copyleft"
    """Whatever is made from it keeps the license."""
    NETWORK_COPYLEFT = "network-copyleft"
    """As copyleft, also for those who use it over a network."""
    NO_DERIVATIVES = "no-derivatives"
    """It may be passed on unchanged only."""
    RESPONSIBLE_USE = "responsible-use"
    """Free but for forbidden uses, which are passed on: the RAIL family and its like."""
    MODEL_TERMS = "model-terms"
    """A model maker's own terms: commercial use under conditions, such as Llama's and Gemma's."""
    NON_COMMERCIAL = "non-commercial"
    """No commercial use."""
    RESEARCH_ONLY = "research-only"
    """Research, evaluation or teaching only."""
    SOURCE_AVAILABLE = "source-available"
    """Readable, with fields of use kept back, such as competing services."""
    PROPRIETARY = "proprietary"
    """All rights reserved, or a contract is needed."""
    UNSPECIFIED = "unspecified"
    """A word for several licenses, such as "gpl" or "cc"; or one whose kind nobody has entered."""


@dataclass(frozen=True, slots=True)
class License:
    """A license that we know; `obligations` are short sentences, `commercial` is None where it depends."""

    id: str
    name: str
    family: Family
    obligations: tuple[str, ...]
    commercial: bool | None
    spdx: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    """One statement of a license, at one place: a path, or the base model's `org/name`.

    `ids` are the known licenses in it. `alternatives` also has the names that nobody knows, in lower case and with
    dashes for spaces: it is empty where no license is named at all. `text` and `expression` are what a stranger wrote:
    escape them where they are shown.
    """

    where: Where
    place: str
    text: str
    ids: tuple[str, ...]
    standing: Standing
    expression: str = ""
    alternatives: Alternatives = ()


@dataclass(frozen=True, slots=True)
class Licensing:
    """All that is declared of one package, what does not fit together, and what its base models bring along.

    `ids`, `standing` and `declarations` are its own; `kinds` and `commercial` (None: it depends, or nobody knows)
    cover what is inherited too. Conflicts quote what strangers wrote.
    """

    standing: Standing
    ids: tuple[str, ...]
    declarations: tuple[Declaration, ...] = ()
    conflicts: tuple[str, ...] = ()
    inherited: tuple[Declaration, ...] = ()
    kinds: tuple[tuple[str, Family], ...] = ()
    """The family of each license in it that we know."""
    commercial: bool | None = None

    @property
    def families(self) -> tuple[Family, ...]:
        """The families of all licenses in it, each once."""
        return tuple(dict.fromkeys(family for _, family in self.kinds))

    @property
    def judged(self) -> tuple[str, ...]:
        """The ids that a policy is to judge: its own, then those of its base models."""
        inherited = (license_id for declaration in self.inherited for license_id in declaration.ids)
        return tuple(dict.fromkeys((*self.ids, *inherited)))

    def permitted(self, allowed: Collection[str]) -> bool:
        """Whether everything that is declared, here and in base models, can be complied with by allowed licenses.

        Where nothing is declared for the package itself, or nothing that names a license, the answer is no.
        """
        if not any(one.alternatives and one.where is not Where.HEADER for one in self.declarations):
            return False
        return all(permits(one.alternatives, allowed) for one in self._naming())

    def touched(self, denied: Collection[str]) -> bool:
        """Whether anything that is declared, here or in base models, can't be had without a denied license."""
        return any(touches(one.alternatives, denied) for one in self._naming())

    def _naming(self) -> Iterator[Declaration]:
        return (one for one in (*self.declarations, *self.inherited) if one.alternatives)


UNLICENSED = Licensing(Standing.MISSING, ())


def permits(alternatives: Alternatives, allowed: Collection[str]) -> bool:
    """Whether one of the alternatives consists of allowed licenses only; case does not matter.

    An exception (`GPL-2.0-only WITH Classpath-exception-2.0`) only adds permissions: that its license is allowed is
    enough.
    """
    names = _folded(allowed)
    return any(
        alternative and all(not names.isdisjoint(_names(license_id)) for license_id in alternative)
        for alternative in alternatives
    )


def touches(alternatives: Alternatives, denied: Collection[str]) -> bool:
    """Whether each of the alternatives has a denied license, with or without exception; case does not matter."""
    names = _folded(denied)
    return bool(alternatives) and all(
        any(not names.isdisjoint(_names(license_id)) for license_id in alternative) for alternative in alternatives
    )


def _folded(ids: Collection[str]) -> set[str]:
    return {license_id.casefold() for license_id in ids}


def _names(license_id: str) -> tuple[str, str]:
    whole = license_id.casefold()
    return whole, whole.partition(WITH.casefold())[0]
