"""Git over HTTP, for reading: what `git clone` and `git fetch` say, in protocol version 2 and in the one before."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from entrepot.domain.content import Ref
from entrepot.domain.errors import Blocked, EntrepotError, Forbidden, Held, Invalid, TooLarge
from entrepot.domain.names import RefName
from entrepot.http.receive import read_body
from entrepot.http.routes import Call, Route
from entrepot.operations.git import clone
from entrepot.operations.git.clone import Packed
from entrepot.operations.git.source import GitSource
from entrepot.protocols.huggingface import errors, git_requests, names, pkt_lines
from entrepot.protocols.huggingface.git_requests import Fetch, Listing
from entrepot.protocols.huggingface.pkt_lines import DELIMITER, FLUSH

MAX_REQUEST = 16 << 20
"""A client that has a hundred thousand commits of ours sends 5 MB."""
UPLOAD_PACK = "git-upload-pack"
AGENT = "agent=entrepot"
OLD_CAPABILITIES = f"multi_ack_detailed side-band-64k shallow no-progress object-format=sha1 {AGENT}"
HEAD = RefName("refs/heads/main")
NO_PUSH = "pushing with git is not possible here; use 'hf upload', which needs no clone"


def _for_people(endpoint: Callable[[Call], Awaitable[Response]]) -> Callable[[Call], Awaitable[Response]]:
    """Git shows what an error says only where it is plain text."""

    @wraps(endpoint)
    async def answer(call: Call) -> Response:
        try:
            return await endpoint(call)
        except EntrepotError as error:
            if isinstance(error, Blocked | Held) and call.request.method == "POST":
                return _refusal(call, error)
            origin = call.base.rpartition("/hub/")[0]
            response = errors.answer(error, anonymous=call.actor.is_anonymous, origin=origin)
            response.body = errors.with_link(error, origin).encode() + b"\n"
            response.headers["Content-Length"] = str(len(response.body))
            response.headers["Content-Type"] = "text/plain; charset=utf-8"
            return response

    return answer


@_for_people
async def advertise(call: Call) -> Response:
    """What can be fetched, or for newer clients how to ask for it."""
    service = call.request.query_params.get("service", "")
    if service == "git-receive-pack":
        raise Forbidden(NO_PUSH)
    if service != UPLOAD_PACK:
        raise Invalid("this needs a git client that speaks the smart protocol (1.6.6 or later)")
    source = await _source(call)
    greeting = pkt_lines.text("# service=git-upload-pack") + FLUSH
    if _is_version_2(call.request):
        body = pkt_lines.lines(["version 2", AGENT, "ls-refs=unborn", "fetch=shallow", "object-format=sha1"]) + FLUSH
    else:
        body = _old_advertisement(await clone.refs(source))
    return _answer(f"application/x-{UPLOAD_PACK}-advertisement", greeting + body)


def _is_version_2(request: Request) -> bool:
    return "version=2" in request.headers.get("git-protocol", "").split(":")


def _refusal(call: Call, error: EntrepotError) -> Response:
    """What the gate says: of an answer that is no success git shows the number alone, and this line to the person."""
    said = errors.one_line(errors.with_link(error, call.base.rpartition("/hub/")[0]))
    return _answer(f"application/x-{UPLOAD_PACK}-result", pkt_lines.text(f"ERR {said}"))


def _answer(media_type: str, body: bytes) -> Response:
    return Response(body, 200, {"Cache-Control": "no-cache"}, media_type=media_type)


async def _source(call: Call) -> GitSource:
    return await clone.open_source(call.registry, names.repository(call), names.package(call), call.actor)


def _old_advertisement(refs: list[Ref]) -> bytes:
    shown = [f"{ref.commit} {ref.name}" for ref in refs]
    head = next((ref for ref in refs if ref.name == HEAD), None)
    if head is not None:
        shown.insert(0, f"{head.commit} HEAD")
        first, *rest = shown
        return pkt_lines.text(f"{first}\0{OLD_CAPABILITIES} symref=HEAD:{HEAD}") + pkt_lines.lines(rest) + FLUSH
    first, *rest = shown or [f"{'0' * 40} capabilities^{{}}"]
    return pkt_lines.text(f"{first}\0{OLD_CAPABILITIES}") + pkt_lines.lines(rest) + FLUSH


@_for_people
async def upload_pack(call: Call) -> Response:
    """What the client asks for: a list of refs, what both sides have in common, or a pack."""
    body = await _body(call.request)
    source = await _source(call)
    if not _is_version_2(call.request):
        return await _fetch_old(call, source, git_requests.parse_old(body))
    asked = git_requests.parse(body)
    if isinstance(asked, Listing):
        return _answer(f"application/x-{UPLOAD_PACK}-result", _listing(await clone.refs(source), asked))
    return await _fetch(call, source, asked)


async def _body(request: Request) -> bytes:
    body = await read_body(request, MAX_REQUEST)
    encoding = request.headers.get("content-encoding", "")
    if encoding not in ("gzip", "x-gzip"):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(body, MAX_REQUEST)
    except zlib.error:
        raise Invalid("the request's body is not the gzip that its header says") from None
    if unpacker.unconsumed_tail:
        raise TooLarge(f"the request's body has more than {MAX_REQUEST} bytes")
    if not unpacker.eof:
        raise Invalid("the request's body is cut off")
    return unpacked


def _listing(refs: list[Ref], asked: Listing) -> bytes:
    shown: list[str] = []
    head = next((ref for ref in refs if ref.name == HEAD), None)
    target = f" symref-target:{HEAD}" if asked.symrefs else ""
    if asked.shows("HEAD") and head is not None:
        shown.append(f"{head.commit} HEAD{target}")
    elif asked.shows("HEAD") and asked.unborn:
        shown.append(f"unborn HEAD{target}")
    shown.extend(f"{ref.commit} {ref.name}" for ref in refs if asked.shows(ref.name.text))
    return pkt_lines.lines(shown) + FLUSH


async def _fetch(call: Call, source: GitSource, asked: Fetch) -> Response:
    head = b""
    if not asked.done:
        common = await clone.common(source, asked.wanted.haves)
        head = pkt_lines.text("acknowledgments") + pkt_lines.lines([f"ACK {oid}" for oid in common] or ["NAK"])
        if not common:
            return _answer(f"application/x-{UPLOAD_PACK}-result", head + FLUSH)
        head += pkt_lines.text("ready") + DELIMITER
    packed = await clone.pack(call.registry, source, asked.wanted)
    if packed.shallow or packed.unshallow:
        head += pkt_lines.text("shallow-info") + _shallow_lines(packed) + DELIMITER
    return _send(head + pkt_lines.text("packfile"), packed, banded=True)


def _shallow_lines(packed: Packed) -> bytes:
    shallow = [f"shallow {oid}" for oid in packed.shallow]
    return pkt_lines.lines(shallow + [f"unshallow {oid}" for oid in packed.unshallow])


async def _fetch_old(call: Call, source: GitSource, asked: Fetch) -> Response:
    common = await clone.common(source, asked.wanted.haves)
    if asked.done:
        packed = await clone.pack(call.registry, source, asked.wanted)
        head = _shallow_lines(packed) + FLUSH if asked.wanted.depth else b""
        head += pkt_lines.text(f"ACK {common[-1]}" if common else "NAK")
        return _send(head, packed, banded="side-band-64k" in asked.capabilities)
    # Without `done` nothing is sent yet but the edge of history and what both have.
    head = b""
    if asked.wanted.depth:
        packed = await clone.pack(call.registry, source, asked.wanted)
        packed.pack.close()
        head = _shallow_lines(packed) + FLUSH
    if asked.only_depth:
        answer = b""
    elif "multi_ack_detailed" not in asked.capabilities:
        answer = pkt_lines.text(f"ACK {common[0]}" if common else "NAK")
    else:
        ready = [f"ACK {common[-1]} ready"] if common else []
        answer = pkt_lines.lines([*(f"ACK {oid} common" for oid in common), *ready, "NAK"])
    return _answer(f"application/x-{UPLOAD_PACK}-result", head + answer)


def _send(head: bytes, packed: Packed, *, banded: bool) -> Response:
    async def body() -> AsyncIterator[bytes]:
        try:
            yield head
            pieces = packed.pack.read()
            async for piece in pkt_lines.side_band(pieces) if banded else pieces:
                yield piece
        finally:
            packed.pack.close()

    headers = {"Cache-Control": "no-cache"}
    return StreamingResponse(body(), 200, headers, media_type=f"application/x-{UPLOAD_PACK}-result")


@_for_people
async def receive_pack(call: Call) -> Response:
    """No: what is pushed would come in past everything that looks at uploads."""
    raise Forbidden(NO_PUSH)


_PAGE = "/{prefix:prefix}{id:id}"
ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_PAGE}/info/refs", advertise),
    Route("POST", f"{_PAGE}/{UPLOAD_PACK}", upload_pack, gives_bytes=True),
    Route("POST", f"{_PAGE}/git-receive-pack", receive_pack),
)
