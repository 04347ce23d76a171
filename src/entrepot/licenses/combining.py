"""All declarations of one package together: where it stands, and what does not fit."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from entrepot.domain.licensing import Declaration, Family, Licensing, Standing, Where
from entrepot.licenses.table import entries, look_up

MAX_DECLARATIONS = 256
MAX_CONFLICTS = 20

_FREE = (Family.PUBLIC_DOMAIN, Family.PERMISSIVE, Family.ATTRIBUTION)
_OR_LATER = re.compile(r"-(?:only|or-later)$")
_ORDER = (Standing.KNOWN, Standing.OTHER, Standing.UNKNOWN)


def combine(declarations: Iterable[Declaration], inherited: Iterable[Declaration] = ()) -> Licensing:
    """What follows from a package's own declarations and from those of its base models (see `inherit`).

    A header speaks for its file alone: it adds its licenses, and leaves a package that declares nothing without one.
    """
    own = tuple(dict.fromkeys(declarations))[:MAX_DECLARATIONS]
    bases = tuple(dict.fromkeys(inherited))[:MAX_DECLARATIONS]
    judged = [one for one in (*own, *bases) if one.ids or one.alternatives]
    found = ((license_id, look_up(license_id)) for one in judged for license_id in one.ids)
    return Licensing(
        _standing(own),
        tuple(dict.fromkeys(license_id for one in own for license_id in one.ids)),
        own,
        tuple(dict.fromkeys((*_own_conflicts(own), *_base_conflicts(own, bases))))[:MAX_CONFLICTS],
        bases,
        tuple(dict.fromkeys((license_id, one.family) for license_id, one in found if one)),
        _commercial(judged),
    )


def _standing(own: Sequence[Declaration]) -> Standing:
    said = {one.standing for one in own if one.where is not Where.HEADER}
    return next((standing for standing in _ORDER if standing in said), Standing.MISSING)


def _commercial(declared: Sequence[Declaration]) -> bool | None:
    answers = [_allows_commerce(one) for one in declared]
    if False in answers:
        return False
    return True if answers and None not in answers else None


def _allows_commerce(declared: Declaration) -> bool | None:
    """Whether one of the ways to comply allows commercial use."""
    ways = []
    for alternative in declared.alternatives:
        found = [look_up(license_id) for license_id in alternative]
        says = [one.commercial if one else None for one in found]
        ways.append(False if False in says else None if None in says else True)
    return True if True in ways else None if None in ways or not ways else False


def _own_conflicts(own: Sequence[Declaration]) -> Iterator[str]:
    stated = [one for one in own if one.where in (Where.CARD, Where.CONFIG) and one.ids]
    texts = [one for one in own if one.where is Where.FILE]
    kinds = _kinds(stated)
    if stated:
        agrees = any(_overlap(kinds, _kinds([one])) for one in texts)
        for one in (*texts, *(one for one in own if one.where is Where.HEADER)):
            if _contradicts(one, kinds, agrees=agrees):
                yield f"{_sayer(stated[0])} says {_said(stated)}, {one.place} {_says(one)}"
    for first, second in pairwise(stated):
        if first.place != second.place and not _overlap(_kinds([first]), _kinds([second])):
            yield f"{_sayer(first)} says {_said([first])}, {_sayer(second)} says {_said([second])}"


def _contradicts(text: Declaration, stated: frozenset[str], *, agrees: bool) -> bool:
    if text.standing is Standing.OTHER:
        return True
    kinds = _kinds([text])
    if not kinds or _overlap(stated, kinds):
        return False
    # One license for the code and one for the weights is common; a text that binds more than the card says is not.
    return _binds(text) or (text.where is Where.FILE and not agrees)


def _base_conflicts(own: Sequence[Declaration], bases: Sequence[Declaration]) -> Iterator[str]:
    kinds = _kinds(own)
    said = f"declares {_said(own)}" if kinds else "declares no license that we know"
    for base in bases:
        if base.ids and _binds(base) and not _overlap(kinds, _kinds([base])):
            yield f"{said}, but is made from {base.place}, which is {_said([base])}: its terms go on"


def _binds(declared: Declaration) -> bool:
    """Whether each way to comply binds more than to name the authors."""
    ways = declared.alternatives or (declared.ids,)
    return all(any(not _is_free(license_id) for license_id in way) for way in ways)


def _is_free(license_id: str) -> bool:
    found = look_up(license_id)
    return found is not None and found.family in _FREE


def _kinds(declared: Sequence[Declaration]) -> frozenset[str]:
    return frozenset(kind for one in declared for license_id in one.ids for kind in _kinds_of(license_id))


@cache
def _words() -> dict[str, tuple[str, ...]]:
    return {license_id: entry.covers for license_id, entry in entries().items() if entry.covers}


def _kinds_of(license_id: str) -> set[str]:
    """The license without "only" and "or later", which a text can't tell; all that a word for several may mean."""
    plain = license_id.partition(" ")[0]
    return {_OR_LATER.sub("", one) for one in (plain, *_words().get(plain, ()))}


def _overlap(some: frozenset[str], others: frozenset[str]) -> bool:
    return not some.isdisjoint(others)


def _sayer(declared: Declaration) -> str:
    return "the card" if declared.where is Where.CARD else declared.place or "the configuration"


def _says(declared: Declaration) -> str:
    if declared.standing is not Standing.OTHER:
        return f"says {_said([declared])}"
    return f"is {_said([declared])} with further terms" if declared.ids else "is a text that nobody here knows"


def _said(declared: Sequence[Declaration]) -> str:
    said = dict.fromkeys(one.expression or " and ".join(one.ids) for one in declared if one.ids)
    return " and ".join(said)[:400]
