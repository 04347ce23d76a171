"""License of: what a package declares where, what its base models bring along, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot import licenses
from entrepot.domain.errors import EntrepotError
from entrepot.domain.licensing import License, Licensing
from entrepot.operations.dossier import dossier
from entrepot.operations.exhibit import Exhibit
from entrepot.operations.registry import Registry


@dataclass(frozen=True, slots=True)
class Licensed:
    """What is known of a package's license."""

    licensing: Licensing | None
    """None where the files that would say could not be had, or are still being looked at."""
    licenses: Sequence[License]
    """Those that we know among what is declared and inherited, with what they ask."""
    bases: Sequence[str]
    """The base models that the card names."""
    is_from_card: bool = False
    """Whether only the card was read."""


async def license_of(registry: Registry, shown: Exhibit) -> Licensed:
    """The licenses of the exhibit's package, with what they oblige to."""
    said = shown.package.facts.get("cardData")
    card = dict(said) if isinstance(said, dict) else {}
    law = await registry.firewall.law(registry.database)
    try:
        about = await dossier(registry, shown.case, law.governs(shown.case.repository.row.key.text))
        licensing = about.licensing if about else None
    except EntrepotError:
        licensing = None
    is_from_card = licensing is None and registry.firewall.is_blind
    if is_from_card:
        licensing = licenses.combine(licenses.of_card(card), ())
    known = [licenses.look_up(one) for one in (licensing.judged if licensing else ())]
    return Licensed(
        licensing, tuple(dict.fromkeys(one for one in known if one)), licenses.base_models(card), is_from_card
    )
