"""The licenses that we know: ours from `known/*.toml`, and every other id of SPDX by its kind."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from entrepot.domain.licensing import WITH, Family, License
from entrepot.licenses.spdx import kinds

_FOLDER = os.path.join(os.path.dirname(__file__), "known")
_GROUPS = ("software", "content", "models", "words")
_MAX_ID = 200

_NO_COMMERCE = frozenset((Family.NON_COMMERCIAL, Family.RESEARCH_ONLY))
_DEPENDS = frozenset((Family.UNSPECIFIED, Family.PROPRIETARY))
_KINDS = {
    "Permissive": Family.PERMISSIVE,
    "Copyleft Limited": Family.WEAK_COPYLEFT,
    "Copyleft": Family.COPYLEFT,
    "Public Domain": Family.PUBLIC_DOMAIN,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A license, how it is written, and how its text is recognized. Phrases are normalized words."""

    license: License
    group: str
    words: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """Phrases that begin a line."""
    texts: tuple[tuple[str, ...], ...] = ()
    """Phrases that stand in the text: of one alternative, each."""
    without: tuple[str, ...] = ()
    """Phrases that rule the alternatives of `texts` out."""
    notices: tuple[str, ...] = ()
    """How others refer to it."""
    over: tuple[str, ...] = ()
    """Licenses whose phrases it repeats, so that they are not found beside it."""
    starts: str = ""
    """The first words of its body, for free licenses: what is beside it may take the freedom away."""
    ends: str = ""
    length: int = 0
    """The words of its body."""
    slack: int = 8
    """How many more there may be: names of owners and products vary, clauses must not hide in it."""
    covers: tuple[str, ...] = ()
    """What a word for several licenses may mean."""


@cache
def entries() -> Mapping[str, Entry]:
    """All entries of the data files by id, in their order."""
    sentences, families = _obligations()
    found: dict[str, Entry] = {}
    for group in _GROUPS:
        for license_id, fields in _read(group).items():
            found[license_id] = _entry(license_id, group, fields, sentences, families)
    return found


def known() -> list[License]:
    """The licenses of the data files; SPDX has more, which `look_up` knows by their kind."""
    return [entry.license for entry in entries().values()]


@cache
def _by_folded_id() -> Mapping[str, License]:
    return {license_id.casefold(): entry.license for license_id, entry in entries().items()}


def look_up(license_id: str) -> License | None:
    """The license with that id, in any case, with or without an exception behind it; None for an unknown one."""
    if len(license_id) > _MAX_ID:
        return None
    plain = license_id.partition(WITH)[0].casefold()
    return _by_folded_id().get(plain) or _of_spdx(plain)


def _of_spdx(folded: str) -> License | None:
    kind = kinds().get(folded)
    if kind is None:
        return None
    family = Family.NON_COMMERCIAL if "-nc-" in folded else _KINDS.get(kind.category, Family.UNSPECIFIED)
    sentences, families = _obligations()
    obligations = tuple(sentences[key] for key in families[family])
    return License(kind.id, kind.id, family, obligations, _commercial(family, ""), True)


@cache
def _obligations() -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    read = _read("obligations")
    sentences = {key: str(sentence) for key, sentence in read["sentences"].items()}
    return sentences, {family: _texts(keys) for family, keys in read["families"].items()}


def _read(group: str) -> dict[str, dict[str, object]]:
    # Loaded here: most commands have nothing to do with licenses.
    import tomllib

    with open(os.path.join(_FOLDER, f"{group}.toml"), "rb") as file:
        return tomllib.load(file)


def _entry(
    license_id: str,
    group: str,
    fields: Mapping[str, object],
    sentences: Mapping[str, str],
    families: Mapping[str, tuple[str, ...]],
) -> Entry:
    family = Family(str(fields["family"]))
    keys = _texts(fields.get("obligations")) or families[family]
    is_spdx = fields.get("spdx", group in ("software", "content")) is True
    known_license = License(
        license_id,
        str(fields["name"]),
        family,
        tuple(sentences.get(key, key) for key in keys),
        _commercial(family, fields.get("commercial")),
        is_spdx,
    )
    return Entry(
        known_license,
        group,
        **{
            key: _texts(fields.get(key)) for key in ("words", "links", "titles", "without", "notices", "over", "covers")
        },
        texts=tuple(tuple(text.split(" ... ")) for text in _texts(fields.get("texts"))),
        starts=str(fields.get("starts", "")),
        ends=str(fields.get("ends", "")),
        length=int(str(fields.get("length", 0))),
        slack=int(str(fields.get("slack", 8))),
    )


def _commercial(family: Family, said: object) -> bool | None:
    if said == "depends" or family in _DEPENDS:
        return None
    return said if isinstance(said, bool) else family not in _NO_COMMERCE


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
