"""Files: what a client downloads, by revision and path."""

from urllib.parse import quote

from starlette.responses import Response

from entrepot.domain.content import File, Revision
from entrepot.domain.door import Door
from entrepot.domain.git import LfsPointer
from entrepot.http import ranges
from entrepot.http.routes import Call
from entrepot.http.send import SendClearance
from entrepot.operations.download import Found, download, look
from entrepot.protocols.huggingface import names
from entrepot.protocols.huggingface.warnings import warning
from entrepot.protocols.huggingface.xet import offer


async def head(call: Call) -> Response:
    """What there is to say of a file, without its bytes."""
    found = await look(call.registry, names.locator(call), call.actor)
    part = ranges.parse(ranges.asked(call.request.headers, found.file.etag), found.file.size)
    headers = _headers(found.revision, found.file) | _offer(call, found) | warning(found.decision)
    headers |= _range_headers(part)
    return Response(None, 200 if part.is_whole else 206, headers)


async def get(call: Call) -> Response:
    """The file's bytes, or the range of them that was asked for."""
    if offer.is_wanted_by_javascript(call):
        found = await look(call.registry, names.locator(call), call.actor, Door.FILE)
        if found.offers_xet and offer.hash_of(found.file):
            return offer.answer_javascript(call, found.revision, found.file, _headers(found.revision, found.file))
    asked = call.request.headers.get("range")
    counts = asked is None or asked.startswith("bytes=0-")
    clearance = await download(call.registry, names.locator(call), call.actor, counts=counts)
    part = ranges.parse(ranges.asked(call.request.headers, clearance.file.etag), clearance.file.size)
    headers = _headers(clearance.revision, clearance.file) | warning(clearance.decision) | _range_headers(part)
    if clearance.is_final:
        headers |= offer.headers(call, clearance.revision, clearance.file)
    return SendClearance(clearance, part, headers)


async def raw(call: Call) -> Response:
    """The file as git keeps it: the pointer of a large one, the bytes of any other."""
    locator = names.locator(call)
    found = await look(call.registry, locator, call.actor, Door.HEAD if call.request.method == "HEAD" else Door.FILE)
    if found.file.lfs is None:
        return await head(call) if call.request.method == "HEAD" else await get(call)
    pointer = LfsPointer(found.file.lfs, found.file.size).data
    headers = {"X-Repo-Commit": found.revision.commit.hex, "ETag": f'"{found.file.oid}"', **warning(found.decision)}
    return Response(pointer, 200, headers, media_type="text/plain; charset=utf-8")


def _offer(call: Call, found: Found) -> dict[str, str]:
    return offer.headers(call, found.revision, found.file) if found.offers_xet else {}


def _headers(revision: Revision, file: File) -> dict[str, str]:
    headers = {
        "X-Repo-Commit": revision.commit.hex,
        "ETag": f'"{file.etag}"',
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(file.path.name, safe='')}",
        # The content is somebody else's: whatever it is, a browser must not run it here.
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if file.lfs:
        headers["X-Linked-Etag"] = f'"{file.etag}"'
        headers["X-Linked-Size"] = str(file.size)
    return headers


def _range_headers(part: ranges.ByteRange) -> dict[str, str]:
    headers = {"Content-Length": str(part.length)}
    if not part.is_whole:
        headers["Content-Range"] = part.content_range
    return headers
