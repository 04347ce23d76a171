"""Git LFS: the batch API, and links that carry their own permission (clients send no token to them)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from entrepot.domain.content import File
from entrepot.domain.digest import Digest
from entrepot.domain.errors import EntrepotError, Invalid, NotFound
from entrepot.http import ranges
from entrepot.http.errors import look_up
from entrepot.http.receive import content_length, read_json, stream
from entrepot.http.routes import Call
from entrepot.http.send import SendClearance
from entrepot.operations import large_files, manage
from entrepot.operations.large_files import Link
from entrepot.protocols.huggingface import names
from entrepot.protocols.huggingface.errors import TABLE, with_link

MEDIA_TYPE = "application/vnd.git-lfs+json"
HASHES = ("sha256", "sha_256")
"""The only hash there is, as git-lfs and as the JavaScript client write it."""
MAX_OBJECTS = 10_000
MAX_BATCH = 8 << 20


@dataclass(frozen=True, slots=True)
class _Wanted:
    digest: Digest
    size: int


async def batch(call: Call) -> Response:
    """For each large file where to get it, or where to put it; nothing for what is here already."""
    body = await read_json(call.request, MAX_BATCH)
    if body.get("hash_algo", "sha256") not in HASHES:
        raise Invalid("large files are named by their sha256")
    wanted = _wanted(body)
    match body.get("operation"):
        case "upload":
            transfer, objects = await _uploads(call, body, wanted)
        case "download":
            transfer, objects = "basic", await _downloads(call, wanted)
        case other:
            raise Invalid(f"'operation' has to be upload or download, not {str(other)[:40]!r}")
    answer = {"transfer": transfer, "objects": objects, "hash_algo": "sha256"}
    return JSONResponse(answer, media_type=MEDIA_TYPE)


def _wanted(body: Mapping[str, Any]) -> list[_Wanted]:
    objects = body.get("objects")
    if not isinstance(objects, list) or len(objects) > MAX_OBJECTS:
        raise Invalid(f"'objects' has to be a list of at most {MAX_OBJECTS} objects")
    wanted = []
    for item in objects:
        size = item.get("size") if isinstance(item, dict) else None
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise Invalid("each object needs an 'oid' and a 'size' in bytes")
        wanted.append(_Wanted(Digest(str(item.get("oid", ""))), size))
    return wanted


async def _uploads(call: Call, body: Mapping[str, Any], wanted: list[_Wanted]) -> tuple[str, list[dict[str, Any]]]:
    here = await manage.workplace(call.registry, names.repository(call), names.package(call), call.actor)
    transfers = body.get("transfers")
    multipart = isinstance(transfers, list) and "multipart" in transfers
    chosen = "multipart" if multipart and any(item.size > large_files.PART_BYTES for item in wanted) else "basic"
    objects = []
    for item in wanted:
        line: dict[str, Any] = {"oid": item.digest.hex, "size": item.size}
        link = await large_files.invite(call.registry, here, call.actor, item.digest, item.size)
        if link is not None:
            action = _parts_action(call, link) if chosen == "multipart" else _put_action(call, link)
            verify = {"href": f"{_page(call)}.git/info/lfs/verify"}
            line |= {"authenticated": True, "actions": {"upload": action, "verify": verify}}
        objects.append(line)
    return chosen, objects


def _page(call: Call) -> str:
    name = names.package(call)
    return names.page_url(call.base, name)


def _put_action(call: Call, link: Link) -> dict[str, Any]:
    return {"href": f"{call.base}/lfs/{link.capability}", "expires_in": link.seconds}


def _parts_action(call: Call, link: Link) -> dict[str, Any]:
    url = f"{call.base}/lfs/{link.capability}"
    count = large_files.part_count(link.size)
    parts = {str(number).zfill(5): f"{url}/part/{number}" for number in range(1, count + 1)}
    return {"href": f"{url}/complete", "header": {"chunk_size": str(large_files.PART_BYTES), **parts}}


async def _downloads(call: Call, wanted: list[_Wanted]) -> list[dict[str, Any]]:
    objects = []
    for item in wanted:
        line: dict[str, Any] = {"oid": item.digest.hex, "size": item.size}
        try:
            link = await large_files.offer(
                call.registry, names.repository(call), names.package(call), call.actor, item.digest
            )
            href = f"{call.base}/lfs/{link.capability}"
            line |= {"authenticated": True, "actions": {"download": {"href": href, "expires_in": link.seconds}}}
        except EntrepotError as error:
            said = with_link(error, call.base.rpartition("/hub/")[0])
            line["error"] = {"code": look_up(TABLE, error).status, "message": said}
        objects.append(line)
    return objects


async def put(call: Call) -> Response:
    """The bytes of one large file."""
    await large_files.receive(call.registry, call.params["link"], stream(call.request), content_length(call.request))
    return Response(None, 200)


async def put_part(call: Call) -> Response:
    """One part of a large file; its etag goes into the request that completes it."""
    number = call.params["number"]
    if not re.fullmatch(r"[1-9][0-9]{0,5}", number):
        raise Invalid(f"a part has a number, unlike {number[:40]!r}")
    etag = await large_files.receive_part(call.registry, call.params["link"], int(number), stream(call.request))
    return Response(None, 200, {"ETag": f'"{etag}"'})


async def complete(call: Call) -> Response:
    """All parts are there: they are one file from now on."""
    body = await read_json(call.request, MAX_BATCH)
    parts = body.get("parts")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Invalid("'parts' has to be a list of parts, each with 'partNumber' and 'etag'")
    if not all(isinstance(part.get("partNumber"), int) for part in parts):
        raise Invalid("each part needs its number as 'partNumber'")
    named = {part["partNumber"]: str(part.get("etag", "")).strip('"') for part in parts}
    await large_files.complete(call.registry, call.params["link"], named)
    return JSONResponse({})


async def verify(call: Call) -> Response:
    """200 where the file arrived. Its digest was checked while it did."""
    here = await manage.workplace(call.registry, names.repository(call), names.package(call), call.actor)
    (item,) = _wanted({"objects": [await read_json(call.request)]})
    if await large_files.invite(call.registry, here, call.actor, item.digest, item.size) is not None:
        raise NotFound(f"the bytes with the digest {item.digest} have not arrived")
    return JSONResponse({}, media_type=MEDIA_TYPE)


async def get(call: Call) -> Response:
    """The bytes of one large file, by the link that a batch gave."""
    clearance = await large_files.open_link(call.registry, call.params["link"], call.actor)
    part = ranges.parse(call.request.headers.get("range"), clearance.file.size)
    headers = _headers(clearance.file, part)
    return SendClearance(clearance, part, headers)


def _headers(file: File, part: ranges.ByteRange) -> dict[str, str]:
    headers = {
        "Content-Length": str(part.length),
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "ETag": f'"{file.etag}"',
    }
    return headers if part.is_whole else headers | {"Content-Range": part.content_range}


async def locks(call: Call) -> Response:
    """There are no locks here; git-lfs goes on without them."""
    raise NotFound("this registry has no file locks")
