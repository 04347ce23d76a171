"""What a model is made from, and which declarations come with that."""

import re
from collections.abc import Mapping

from entrepot.domain.licensing import Declaration, Licensing, Standing, Where

MAX_BASES = 64
MAX_INHERITED = 256
RELATIONS = ("adapter", "finetune", "merge", "quantized")

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?")
_ADDRESS = re.compile(r"https?://[\w.:-]+/")
_THROUGH = ", through "


def base_models(card: Mapping[str, object]) -> tuple[str, ...]:
    """The models that a card's `base_model` names, each once; what is no name of a model is left out."""
    value = card.get("base_model")
    written = value if isinstance(value, list) else [value]
    names = (_ADDRESS.sub("", one, count=1).strip("/ ") for one in written[:MAX_BASES] if isinstance(one, str))
    return tuple(dict.fromkeys(name for name in names if _NAME.fullmatch(name)))


def relation(card: Mapping[str, object]) -> str:
    """How it was made from them, one of `RELATIONS`; "" where the card doesn't say."""
    value = card.get("base_model_relation")
    return value if isinstance(value, str) and value in RELATIONS else ""


def inherit(base: str, licensing: Licensing) -> tuple[Declaration, ...]:
    """The declarations that a model made from `base` has from it, and from what that was made from itself.

    A base that declares nothing is inherited as such.
    """
    if not licensing.declarations:
        own = [Declaration(Where.BASE_MODEL, base, "", (), Standing.MISSING)]
    else:
        own = [_from(base, one.text, one) for one in licensing.declarations if one.where is not Where.HEADER]
    further = [_from(one.place, f"{one.text}{_THROUGH}{base}", one) for one in licensing.inherited]
    return tuple(dict.fromkeys((*own, *further)))[:MAX_INHERITED]


def _from(place: str, text: str, declared: Declaration) -> Declaration:
    return Declaration(
        Where.BASE_MODEL,
        place,
        text[:200],
        declared.ids,
        declared.standing,
        declared.expression,
        declared.alternatives,
    )
