"""Shards: files are announced here, and an answer that takes long says so while it takes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping

from starlette.responses import JSONResponse, Response, StreamingResponse

from entrepot.domain.content import Blob
from entrepot.domain.errors import EntrepotError, Invalid
from entrepot.http.receive import stream
from entrepot.http.routes import Call
from entrepot.operations.xet.commit_shard import Announcement, Progress, check, record
from entrepot.protocols.huggingface.xet.cas import ticket_of

PATIENCE = 15.0
"""Seconds until the first frame: what is done by then, or refused, is answered with a status of its own."""
HEARTBEAT = 20.0
"""Seconds between frames; clients give up on a silent connection after minutes, proxies sooner."""


async def v1(call: Call) -> Response:
    """The files of a shard may be committed; the answer comes when that is so."""
    await record(call.registry, announcement := await _announcement(call), _progress(announcement))
    return JSONResponse({"result": 1})


async def v2(call: Call) -> Response:
    """The files of a shard may be committed; the answer is a stream of frames that says how far that is."""
    announcement = await _announcement(call)
    progress = _progress(announcement)
    work = asyncio.ensure_future(record(call.registry, announcement, progress))
    try:
        done, _ = await asyncio.wait({work}, timeout=PATIENCE)
        if done:
            work.result()
    except BaseException:
        work.cancel()
        raise
    return StreamingResponse(_frames(work, progress), media_type="application/x-ndjson")


async def _announcement(call: Call) -> Announcement:
    return await check(call.registry, await ticket_of(call), stream(call.request))


def _progress(announcement: Announcement) -> Progress:
    return Progress(len(announcement.files))


async def _frames(work: "asyncio.Future[list[Blob]]", progress: Progress) -> AsyncIterator[bytes]:
    try:
        while not work.done():
            yield _frame(_standing(progress))
            await asyncio.wait({work}, timeout=HEARTBEAT)
        yield _frame(_end(work))
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError, EntrepotError):
            await work


def _standing(progress: Progress) -> Mapping[str, object]:
    if progress.is_committing:
        return {"type": "committing", "stage": "recording files"}
    return {"type": "validating", "verified": progress.verified, "total": progress.total}


def _end(work: "asyncio.Future[list[Blob]]") -> Mapping[str, object]:
    try:
        work.result()
    except EntrepotError as error:
        return {"type": "error", "message": error.message, "retryable": not isinstance(error, Invalid)}
    return {"type": "result"}


def _frame(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
