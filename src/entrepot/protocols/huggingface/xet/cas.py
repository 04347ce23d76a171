"""The store that Xet clients talk to: chunks, xorbs, shards, reconstructions, fetches."""

import time
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from entrepot.domain.errors import FileNotFound, Forbidden, NotFound
from entrepot.http import ranges
from entrepot.http.receive import stream
from entrepot.http.routes import Call
from entrepot.http.send import SendClearance
from entrepot.operations.xet.admit import Ticket, admit
from entrepot.operations.xet.epoch import epoch
from entrepot.operations.xet.fetch import fetch as fetch_parcel
from entrepot.operations.xet.keep_xorb import keep_xorb
from entrepot.operations.xet.known_chunks import known_chunks
from entrepot.operations.xet.reconstruct import Reconstruction, Wanted, reconstruct
from entrepot.protocols.huggingface import names
from entrepot.protocols.huggingface.xet import answers
from entrepot.protocols.huggingface.xet.offer import ANY_EPOCH
from entrepot.xet.merkle import XetHash
from entrepot.xet.shard import dedup_answer

REMEMBERED_SECONDS = 7 * 24 * 3600
"""How long a client may refer to chunks that it was told of; unused ones are kept for longer."""


async def ticket_of(call: Call) -> Ticket:
    """Who asks, by the Xet token; raises `NotFound` in a store of another epoch, and `Unauthenticated`."""
    if call.params["epoch"] != await epoch(call.registry):
        raise FileNotFound("the store was renewed; ask for a new Xet token, and send again what it knows nothing of")
    return await _admitted(call)


async def _admitted(call: Call) -> Ticket:
    ticket = await admit(call.registry, names.repository(call), _token(call))
    return replace(ticket, actor=ticket.actor.seen_with(call.actor))


def _token(call: Call) -> str | None:
    scheme, _, text = call.request.headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


async def chunk(call: Call) -> Response:
    """Which xorbs have a chunk, as a shard."""
    ticket = await ticket_of(call)
    try:
        found = await known_chunks(call.registry, ticket, XetHash.parse(call.params["hash"]))
    except Forbidden as error:
        raise FileNotFound(error.message) from None
    now = int(time.time())
    return Response(dedup_answer(found, now, now + REMEMBERED_SECONDS), media_type="application/octet-stream")


async def grant(call: Call) -> Response:
    """Nothing: xorbs are sent here, and to no other place."""
    raise FileNotFound("xorbs are sent to v1/xorbs")


async def xorb(call: Call) -> Response:
    """A xorb is kept."""
    ticket = await ticket_of(call)
    is_new = await keep_xorb(call.registry, ticket, XetHash.parse(call.params["hash"]), stream(call.request))
    return JSONResponse({"was_inserted": is_new})


async def reconstruction_v1(call: Call) -> Response:
    """How a file is put together, as older clients read it."""
    found = await _reconstruct(call)
    return _plan(answers.reconstruction_v1(found.plan, lambda item: _link(call, found, item)))


async def reconstruction_v2(call: Call) -> Response:
    """How a file is put together."""
    found = await _reconstruct(call)
    return _plan(answers.reconstruction_v2(found.plan, lambda item: _link(call, found, item)))


async def _reconstruct(call: Call) -> Reconstruction:
    if call.params["epoch"] == ANY_EPOCH:
        ticket = await _admitted(call)
    else:
        ticket = await ticket_of(call)
    first, last = ranges.bounds(call.request.headers.get("range"))
    return await reconstruct(call.registry, ticket, Wanted(XetHash.parse(call.params["hash"]), first, last))


def _link(call: Call, found: Reconstruction, item: XetHash) -> str:
    return f"{call.base}/cas/{ANY_EPOCH}/fetch/{found.links[item]}"


def _plan(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


async def fetch(call: Call) -> Response:
    """The bytes of a range of a xorb, for whoever has the link."""
    try:
        parcel = await fetch_parcel(call.registry, names.repository(call), call.params["link"], call.actor)
    except NotFound as error:
        # The client asks for a new plan, and is told there what is wrong.
        raise Forbidden(error.message) from None
    part = ranges.parse(call.request.headers.get("range"), parcel.size)
    headers = {
        "Content-Length": str(part.length),
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
    }
    if not part.is_whole:
        headers["Content-Range"] = part.content_range
    return SendClearance(await parcel.clear(part.start, part.end), part, headers)
