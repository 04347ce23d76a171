"""Sending: what the gate has cleared, in small pieces, at the speed of the reader."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from entrepot.blobs.threads import in_thread
from entrepot.domain.errors import Corrupt
from entrepot.http.metrics import SENT
from entrepot.http.ranges import ByteRange
from entrepot.operations.gate import Clearance

WINDOW = 256 << 10
"""Cached files are copied through a buffer of this size: it stays in the processor's cache."""
LOOK_UP_EVERY = 16
"""After so many pieces others get their turn, and a reader who left is noticed."""
_NOWAIT = getattr(os, "RWF_NOWAIT", 0)


class SendPieces(Response):
    """An answer of known length whose body comes in pieces."""

    def __init__(self, pieces: AsyncIterator[bytes], status: int, headers: Mapping[str, str]) -> None:
        self._pieces = pieces
        self.status_code = status
        self.background = None
        self.body = b""
        self.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all; an error in the middle cuts the connection, so that nobody takes a part for the whole."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        # The server's send neither waits nor fails once the reader is gone; only receive tells.
        left = asyncio.ensure_future(_disconnected(receive))
        try:
            await self._send_body(send, left)
        finally:
            left.cancel()
        if not left.done():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_body(self, send: Send, left: asyncio.Future[None]) -> None:
        async for piece in self._pieces:
            if left.done():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            SENT.inc(len(piece))


class SendClearance(SendPieces):
    """A cleared file, or a range of it."""

    def __init__(self, clearance: Clearance, part: ByteRange, headers: Mapping[str, str]) -> None:
        super().__init__(clearance.open(part.start, part.end), 200 if part.is_whole else 206, headers)
        self._path = clearance.path
        self._part = part

    async def _send_body(self, send: Send, left: asyncio.Future[None]) -> None:
        if self._path is None:
            await super()._send_body(send, left)
        else:
            await _send_file(send, self._path, self._part, left)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_file(send: Send, path: Path, part: ByteRange, left: asyncio.Future[None]) -> None:
    try:
        descriptor = await in_thread(os.open, path, os.O_RDONLY)
    except FileNotFoundError:
        raise Corrupt(f"the bytes of {path.name} are missing from the store") from None
    buffer = bytearray(min(WINDOW, part.length))
    view, at, pieces = memoryview(buffer), part.start, 0
    try:
        while at < part.end:
            count = await _read_into(descriptor, view[: part.end - at], at)
            if count == 0:
                raise Corrupt(f"{path.name} ends at byte {at}, before {part.end}")
            # The server copies what it is handed before send returns, so that the buffer can be used again.
            body = buffer if count == len(buffer) else bytes(view[:count])
            await send({"type": "http.response.body", "body": body, "more_body": True})
            SENT.inc(count)
            at, pieces = at + count, pieces + 1
            if pieces % LOOK_UP_EVERY == 0:
                await asyncio.sleep(0)
                if left.done():
                    return
    finally:
        os.close(descriptor)


async def _read_into(descriptor: int, window: memoryview, at: int) -> int:
    """How many bytes were read: at once where the system has them in memory, else in a thread."""
    if _NOWAIT:
        try:
            if count := os.preadv(descriptor, [window], at, _NOWAIT):
                return count
        except OSError:
            pass  # not in memory, or a file system that can't tell
    return await in_thread(os.preadv, descriptor, [window], at)
