"""How much is kept: what people see, and what it takes."""

from dataclasses import asdict

from starlette.responses import JSONResponse, Response

from entrepot.http.routes import Call
from entrepot.operations import storage
from entrepot.operations.authorize import require_administrator


async def show(call: Call) -> Response:
    """Logical and unique bytes, of every repository and together."""
    require_administrator(call.actor)
    return JSONResponse(asdict(await storage.measure(call.registry)))
