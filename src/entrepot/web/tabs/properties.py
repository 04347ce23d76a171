"""Properties: what is said of the package as facts and tags, and where it stands."""

import json
from collections.abc import Mapping

from starlette.responses import Response

from entrepot.operations.exhibit import Exhibit
from entrepot.web.tabs import Tab, Values
from entrepot.web.visit import Visit

LONGEST = 4000
"""Characters of one fact; chat templates and label lists are longer."""


async def _show(visit: Visit, shown: Exhibit) -> Values | Response:
    facts = {name: _written(value) for name, value in shown.package.facts.items() if name not in ("tags", "cardData")}
    card = shown.package.facts.get("cardData")
    own = {name: _written(value) for name, value in card.items()} if isinstance(card, Mapping) else {}
    tags = shown.package.facts.get("tags")
    return {
        "facts": {name: value for name, value in facts.items() if value},
        "own": own,
        "tags": [str(tag) for tag in tags] if isinstance(tags, list | tuple) else [],
    }


def _written(value: object) -> str:
    if value is None or value in ("", [], {}):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


TAB = Tab("properties", "Properties", 80, _show)
