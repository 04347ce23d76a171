"""Tokens: made, listed, revoked. A token's secret is in the answer that makes it, and nowhere else."""

from typing import Any

from starlette.responses import JSONResponse, Response

from entrepot.catalog.access import NewToken, TokenRow
from entrepot.domain.errors import Invalid
from entrepot.http.receive import read_json
from entrepot.http.routes import Call
from entrepot.operations import administer
from entrepot.operations.signing import new_token

MAX_NAME = 100


def shape(row: TokenRow) -> dict[str, Any]:
    """A token as it is listed."""
    return {
        "id": row.id,
        "name": row.name,
        "user": row.user,
        "scopes": [f"{grant.repository}:{','.join(sorted(grant.actions))}" for grant in row.grants],
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        "last_used_at": row.last_used_at.isoformat() if row.last_used_at else None,
        "made_by": row.made_by,
        "parent": row.parent,
    }


async def listed(call: Call) -> Response:
    """Every token there has been, the newest first."""
    rows = await administer.list_tokens(call.registry, call.actor)
    return JSONResponse({"tokens": [shape(row) for row in rows]})


async def create(call: Call) -> Response:
    """A new token, with its secret."""
    body = await read_json(call.request)
    name, user, scopes, days = (body.get(key) for key in ("name", "user", "scopes", "expires_in_days"))
    for what, value in (("name", name), ("user", user)):
        if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_NAME or not value.isprintable():
            raise Invalid(f"{what!r} has to be a text of 1 to {MAX_NAME} printable characters")
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise Invalid("'scopes' has to be a list such as ['hub:read,write']")
    if days is not None and (not isinstance(days, int | float) or isinstance(days, bool)):
        raise Invalid("'expires_in_days' has to be a number, or be left out")
    grants = tuple(administer.scope(scope) for scope in scopes)
    secret = new_token()
    new = NewToken(secret, str(name).strip(), str(user).strip(), grants, administer.expiry(days))
    row = await administer.create_token(call.registry, new, call.actor)
    return JSONResponse(shape(row) | {"token": secret}, 201)


async def revoke(call: Call) -> Response:
    """A token is good for nothing from now on."""
    text = call.params["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(f"a token has a number, unlike {text[:40]!r}")
    await administer.revoke_token(call.registry, int(text), call.actor)
    return Response(None, 204)


async def whoami(call: Call) -> Response:
    """Who the caller is, and what the token may do."""
    scopes = [f"{grant.repository}:{','.join(sorted(grant.actions))}" for grant in call.actor.grants]
    return JSONResponse({"user": call.actor.name, "token": call.actor.token_name or None, "scopes": scopes})
