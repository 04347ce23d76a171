"""The offer of Xet: what an answer about a file says to clients that would rather fetch chunks."""

from collections.abc import Mapping

from starlette.responses import Response

from entrepot.domain.content import File, Revision
from entrepot.http.routes import Call
from entrepot.xet import virtual

FILE_INFO = "application/vnd.xet-fileinfo+json"
"""What the JavaScript client asks for, and is answered with, where it would use Xet."""
ANY_EPOCH = "any"
"""Stands for the store's epoch where nothing is uploaded: reading refers to nothing that a client remembers."""


def hash_of(file: File) -> str | None:
    """The Xet hash of a file, in text form: its true one, or that of its virtual xorbs; None where Xet is no use."""
    if file.lfs is None or file.size == 0:
        return None
    if file.blob is not None and file.blob.xet:
        return file.blob.xet
    return virtual.file_hash(file.lfs).text


def headers(call: Call, revision: Revision, file: File) -> dict[str, str]:
    """The headers that offer a file over Xet; none where Xet is no use."""
    found = hash_of(file)
    if found is None:
        return {}
    name = revision.package.name
    token = f"{call.base}/api/{name.type.plural}/{name.id}/xet-read-token/{revision.commit}"
    plan = f"{call.base}/cas/{ANY_EPOCH}/v1/reconstructions/{found}"
    return {
        "X-Xet-Hash": found,
        "Link": f'<{token}>; rel="xet-auth", <{plan}>; rel="xet-reconstruction-info"',
    }


def is_wanted_by_javascript(call: Call) -> bool:
    """Whether the client prefers the description of the file over its bytes."""
    return call.request.method == "GET" and FILE_INFO in call.request.headers.get("accept", "")


def answer_javascript(call: Call, revision: Revision, file: File, given: Mapping[str, str]) -> Response:
    """The description of the file; its content type is what the client goes by, and it reads no body."""
    description = {**given, **headers(call, revision, file), "X-Linked-Size": str(file.size), "Content-Type": FILE_INFO}
    return Response(b"{}", 200, description)
