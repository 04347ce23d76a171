"""The description of our own interface, in OpenAPI 3.1, kept as a data file beside this module."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.responses import JSONResponse, Response

from entrepot import __version__
from entrepot.http.routes import Call


@cache
def description() -> dict[str, Any]:
    """The whole document."""
    text = files("entrepot.protocols.api").joinpath("openapi.json").read_text()
    document: dict[str, Any] = json.loads(text)
    document["info"]["version"] = __version__
    return document


async def show(call: Call) -> Response:
    """The document, with this server's address in it."""
    return JSONResponse(description() | {"servers": [{"url": call.base}]})
