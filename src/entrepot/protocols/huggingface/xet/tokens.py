"""Xet tokens: where the store is, and a pass for it, in headers for Python and as JSON for everybody else."""

from starlette.responses import JSONResponse, Response

from entrepot.http.routes import Call
from entrepot.operations.xet.admit import Pass, pass_to_read, pass_to_write
from entrepot.operations.xet.epoch import epoch
from entrepot.protocols.huggingface import names


async def read_token(call: Call) -> Response:
    """A pass to read one commit."""
    name = names.package(call)
    given = await pass_to_read(call.registry, names.repository(call), name, call.params["rev"], call.actor)
    return await _answer(call, given)


async def write_token(call: Call) -> Response:
    """A pass to send files for a package. Who opens a pull request needs the same right as who commits."""
    name = names.package(call)
    given = await pass_to_write(call.registry, names.repository(call), name, call.params["rev"], call.actor)
    return await _answer(call, given)


async def _answer(call: Call, given: Pass) -> Response:
    url = f"{call.base}/cas/{await epoch(call.registry)}"
    headers = {
        "X-Xet-Cas-Url": url,
        "X-Xet-Access-Token": given.text,
        "X-Xet-Token-Expiration": str(given.expires),
        "Cache-Control": "no-store",
    }
    return JSONResponse({"casUrl": url, "accessToken": given.text, "exp": given.expires}, headers=headers)
