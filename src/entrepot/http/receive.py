"""Receiving: bodies read within limits, streams handed on in pieces."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request

from entrepot.domain.errors import Invalid, TooLarge

MAX_JSON = 1 << 20
"""More than any client sends that does not mean harm."""


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; raises `TooLarge` as soon as it is over the limit."""
    pieces: list[bytes] = []
    size = 0
    async for piece in stream(request):
        size += len(piece)
        if size > limit:
            raise TooLarge(f"the request's body has more than {limit} bytes")
        pieces.append(piece)
    return b"".join(pieces)


async def read_json(request: Request, limit: int = MAX_JSON) -> Mapping[str, Any]:
    """The JSON object in the body; raises `Invalid` for anything else."""
    return as_object(await read_body(request, limit))


def as_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object that the bytes are, an empty one for no bytes; raises `Invalid`."""
    try:
        value = json.loads(body) if body else {}
    except (ValueError, RecursionError) as error:
        raise Invalid(f"the request's body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Invalid("the request's body has to be a JSON object")
    return value


async def stream(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives; raises `Invalid` where the client breaks off."""
    try:
        async for piece in request.stream():
            if piece:
                yield piece
    except ClientDisconnect:
        raise Invalid("the connection ended before the whole body had arrived") from None


def content_length(request: Request) -> int | None:
    """How long the body says it is; None where it does not say. Raises `Invalid`."""
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Invalid(f"Content-Length has to be a whole number, unlike {text[:40]!r}")
    return int(text)
