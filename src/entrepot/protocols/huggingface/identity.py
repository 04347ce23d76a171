"""Who am I, may I, and is this card right: the questions that clients ask before they work."""

import asyncio

from starlette.responses import JSONResponse, Response

from entrepot.domain.actor import Action
from entrepot.domain.errors import NotFound, Unauthenticated
from entrepot.http.receive import read_json
from entrepot.http.routes import Call
from entrepot.metadata.card import problems
from entrepot.operations import manage
from entrepot.operations.browse import place
from entrepot.protocols.huggingface import names

MAX_CARD = 4 << 20
"""A model card of more than this is a book."""


async def whoami(call: Call) -> Response:
    """The user behind the token, and the namespaces it may write to."""
    if call.actor.is_anonymous:
        raise Unauthenticated("Invalid credentials in Authorization header")
    role = "write" if call.actor.may(Action.WRITE, names.repository(call)) else "read"
    token = {"displayName": call.actor.token_name, "role": role}
    return JSONResponse(
        {
            "type": "user",
            "id": str(call.actor.user_id),
            "name": call.actor.name,
            "fullname": call.actor.name,
            "isPro": False,
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": token},
        }
    )


async def auth_check(call: Call) -> Response:
    """200 where the caller may read the package; with `/write`, where the caller may change it."""
    if call.params.get("what") == "write":
        await manage.workplace(call.registry, names.repository(call), names.package(call), call.actor)
    else:
        await place(call.registry, names.repository(call), names.package(call), call.actor)
    return JSONResponse({})


async def validate_yaml(call: Call) -> Response:
    """What is wrong with a card, before it is committed. Clients read the JSON whatever the status is."""
    body = await read_json(call.request, MAX_CARD)
    content, kind = body.get("content", ""), names.body_type(body.get("repoType"))
    errors, warnings = await asyncio.to_thread(problems, content if isinstance(content, str) else "", kind)
    return JSONResponse({"errors": errors, "warnings": warnings}, 400 if errors else 200)


async def agent_harnesses(call: Call) -> Response:
    """What clients ask first of all; a slow answer would cost every cold process three seconds."""
    return JSONResponse({"standardEnvVars": [], "harnesses": {}})


async def telemetry(call: Call) -> Response:
    """Nothing is recorded."""
    return Response(None, 204)


async def nothing(call: Call) -> Response:
    """A quick 404 for what clients ask of the Hub and a registry has no answer to."""
    raise NotFound(f"There is nothing at the path /api/{call.params['rest'][:200]} of this registry")
