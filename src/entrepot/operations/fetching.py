"""Fetching: bring a file's bytes in from upstream, verify what was promised, and have them kept."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from entrepot.blobs.landing import Landing
from entrepot.blobs.staging import Arrival, Landed
from entrepot.blobs.threads import in_thread
from entrepot.domain.content import Blob, File
from entrepot.domain.errors import Corrupt, TooLarge, UpstreamUnavailable

ATTEMPTS = 6
"""How often a fetch may break off without having brought much before it is given up."""
FIRST_ATTEMPTS = 3
"""How often it may where nothing has landed at all: then somebody still waits for the first byte."""
MUCH = 64 << 20
"""Whoever brings this many bytes between two breaks is slow, not gone."""
FIRST_PAUSE = 0.2
LONG_PAUSE = 10
"""When upstream wants to be left alone for longer than this, clients should know rather than wait."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """A file that somebody wants, and how to get, find and keep it."""

    file: File
    label: str
    """What logs call it."""
    fetch: Callable[[int], AsyncGenerator[bytes, None]]
    """Its bytes from upstream, from a position on; raises `UpstreamError`."""
    find: Callable[[], Awaitable[Blob | None]]
    """Its blob, where it has been stored meanwhile."""
    keep: Callable[[Landed], Awaitable[Blob]]
    """Stores and names what has landed and was verified."""


async def fetch(order: Order, landing: Landing, progress: Callable[[int], None]) -> Blob:
    """The blob of the file, fetched from where the part ends. The landing has to be ours.

    Raises `UpstreamError` and `NotReady` with the part left for another time; `Corrupt`, and `OSError` for a full
    disk, with nothing left.
    """
    # Somebody may have stored it between our last look and the lock.
    if (blob := await order.find()) is not None:
        await in_thread(landing.discard)
        return blob
    arrival = await _arrival(order, landing)
    arrival.watcher = progress
    try:
        progress(arrival.landed)
        await arrival.catch_up()
        await _fill(order, arrival)
        landed = await arrival.finish()
    except TooLarge:
        await arrival.discard()
        raise _mismatch(order, f"more than {order.file.size} bytes") from None
    except OSError:
        await arrival.discard()
        raise
    except BaseException:
        await arrival.leave(worth_keeping=arrival.landed > 0)
        raise
    await _verify(order, landing, landed)
    return await order.keep(landed)


async def _arrival(order: Order, landing: Landing) -> Arrival:
    size = order.file.size
    git_size = None if order.file.lfs else size
    arrival = await in_thread(lambda: Arrival(landing.part, size, git_size, resume=True))
    if arrival.size > size:
        await arrival.discard()
        arrival = await in_thread(lambda: Arrival(landing.part, size, git_size, resume=True))
    return arrival


async def _fill(order: Order, arrival: Arrival) -> None:
    failures, mark = 0, arrival.size
    while arrival.size < order.file.size:
        try:
            await _pour(order, arrival)
        except UpstreamUnavailable as error:
            await arrival.flush()
            if arrival.size - mark >= MUCH:
                failures, mark = 0, arrival.size
            failures += 1
            if failures >= (ATTEMPTS if arrival.size else FIRST_ATTEMPTS) or error.after > LONG_PAUSE:
                raise
            log.warning("upstream broke off", extra={"file": order.label, "at": arrival.size, "error": str(error)})
            await asyncio.sleep(FIRST_PAUSE * 2 ** (failures - 1))


async def _pour(order: Order, arrival: Arrival) -> None:
    async with aclosing(order.fetch(arrival.size)) as pieces:
        async for piece in pieces:
            await arrival.write(piece)
    if arrival.size < order.file.size:
        raise UpstreamUnavailable(f"{order.file.path} ended after {arrival.size} of {order.file.size} bytes", after=1)


async def _verify(order: Order, landing: Landing, landed: Landed) -> None:
    file = order.file
    came, promised = (landed.digest.hex, file.lfs.hex) if file.lfs else (str(landed.git_oid), file.oid.hex)
    if landed.size != file.size or came != promised:
        await in_thread(landing.discard)
        raise _mismatch(order, f"{landed.size} bytes with the hash {came}")


def _mismatch(order: Order, came: str) -> Corrupt:
    file = order.file
    log.error(
        "upstream sent other bytes than it promised",
        extra={"event": "upstream_mismatch", "file": order.label, "promised": file.etag, "came": came},
    )
    return Corrupt(f"upstream sent {came} for {file.path}; {file.size} bytes with the hash {file.etag} were promised")
