"""The inventory over our own interface: what is in use, as one list."""

from typing import Any

from starlette.responses import JSONResponse, Response

from entrepot.domain.waiver import Waiver
from entrepot.http.routes import Call
from entrepot.operations.inventory import Item, inventory
from entrepot.protocols.api.firewall import moment

DEFAULT_SINCE = "90d"


async def show(call: Call) -> Response:
    """Each package and commit that let bytes out, what was taken last first."""
    since = moment(call.request.query_params.get("since", "") or DEFAULT_SINCE)
    found = await inventory(call.registry, since, call.actor)
    items = [_item(one) for one in found.items]
    return JSONResponse({"since": since.isoformat(), "complete": found.is_complete, "items": items})


def _item(one: Item) -> dict[str, Any]:
    repository, package, commit = one.taken.place
    return {
        "repository": repository,
        "source": one.source,
        "package": package,
        "commit": commit,
        "licenses": list(one.licenses),
        "licensed_by": one.licensed_by,
        "inherited_licenses": list(one.inherited),
        "license_conflicts": list(one.licensing.conflicts) if one.licensing else [],
        "base_models": list(one.base_models),
        "verdict": one.verdict.value,
        "files": one.taken.files,
        "bytes": one.taken.bytes,
        "people": list(one.people),
        "first_at": one.taken.first_at.isoformat(),
        "last_at": one.taken.last_at.isoformat(),
        "waivers": [_waiver(waiver) for waiver in one.waivers],
    }


def _waiver(one: Waiver) -> dict[str, Any]:
    return {
        "id": one.id,
        "policy": one.scope.policy,
        "rule": one.scope.rule,
        "granted_by": one.decided_by,
        "expires_at": one.expires_at.isoformat(),
        "reason": one.reason,
    }
