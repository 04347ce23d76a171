"""Facts: what of an upstream's description is kept; a list of what is known, so that nothing else comes through."""

import json
from collections.abc import Mapping
from typing import Any

from entrepot.domain.content import Json

KEPT = frozenset(
    {
        "author", "baseModels", "cardData", "citation", "config", "description", "disabled", "downloadsAllTime",
        "gguf", "inference", "inferenceProviderMapping", "library_name", "mainSize", "mask_token", "model-index",
        "models", "datasets", "paperswithcode_id", "pipeline_tag", "region", "runtime", "safetensors", "sdk",
        "tags", "transformersInfo", "trendingScore", "widgetData", "childrenModelCount", "evalResults",
    }
)  # fmt: skip
"""What describes a package. Addresses, identities, file lists and all that is said of Xet stay behind."""
MAX_FACT = 512 << 10
"""A fact that takes more is left out: cards of real packages have some kilobytes."""
MAX_DEPTH = 40


def facts_of(said: Mapping[str, Any]) -> dict[str, Json]:
    """The facts in a description."""
    return {name: said[name] for name in sorted(KEPT & said.keys()) if _is_reasonable(said[name])}


def _is_reasonable(value: Any) -> bool:
    if not _depth_within(value, MAX_DEPTH):
        return False
    try:
        text = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which no database takes
        return False
    return len(text) <= MAX_FACT and b"\\u0000" not in text


def _depth_within(value: Any, depth: int) -> bool:
    if isinstance(value, dict | list):
        members = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_depth_within(member, depth - 1) for member in members)
    return True
