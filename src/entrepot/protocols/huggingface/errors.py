"""The Hub's words for what went wrong: a status, a code in a header, and a sentence."""

import json
from dataclasses import dataclass

from starlette.responses import Response

from entrepot.domain import errors
from entrepot.domain.errors import EntrepotError
from entrepot.http.errors import look_up

GATED = "GatedRepo"
MAX_MESSAGE = 1000
"""Proxies refuse headers that are much longer."""
LINKED_MESSAGE = 850
"""How much of a message is kept where a link has to follow."""


@dataclass(frozen=True, slots=True)
class Word:
    """How one error is said."""

    status: int
    code: str = ""


TABLE: dict[type[EntrepotError], Word] = {
    EntrepotError: Word(500),
    errors.NotFound: Word(404),
    errors.RepositoryNotFound: Word(404, "RepoNotFound"),
    errors.PackageNotFound: Word(404, "RepoNotFound"),
    errors.RevisionNotFound: Word(404, "RevisionNotFound"),
    errors.FileNotFound: Word(404, "EntryNotFound"),
    errors.Unauthenticated: Word(401),
    errors.Forbidden: Word(403),
    errors.Blocked: Word(403, GATED),
    errors.Refused: Word(403),
    errors.Invalid: Word(400),
    errors.TooLarge: Word(413),
    errors.Conflict: Word(409),
    errors.StaleParent: Word(412),
    errors.RangeNotSatisfiable: Word(416),
    errors.NotReady: Word(503),
    errors.Held: Word(429),
    errors.OutOfSpace: Word(507),
    errors.Corrupt: Word(500),
    errors.UpstreamError: Word(502),
    errors.UpstreamUnavailable: Word(503),
    errors.UpstreamRefused: Word(502),
}


def answer(error: EntrepotError, *, anonymous: bool = False, origin: str = "") -> Response:
    """The answer that clients turn back into the same error; below `origin` the decision behind it can be looked at.

    HEAD answers have no body, so everything stands in headers too. Somebody without a token who may not know of a
    package is asked for one: 401, with the same code.
    """
    word = _passed_on(error) or look_up(TABLE, error)
    status = 401 if anonymous and word.code == "RepoNotFound" else word.status
    message = with_link(error, origin)
    headers = {"X-Error-Message": one_line(message)}
    if word.code:
        headers["X-Error-Code"] = word.code
    headers.update(_extra(error, status))
    # The second is where git-lfs looks.
    body = json.dumps({"error": message, "message": message}).encode()
    return Response(body, status, headers, media_type="application/json")


def with_link(error: EntrepotError, origin: str) -> str:
    """The message, with the address where the decision is explained and a waiver can be asked for."""
    decision = error.decision if isinstance(error, errors.Blocked | errors.Held | errors.FileNotFound) else ""
    return f"{error.message[:LINKED_MESSAGE]} More: {origin}/decisions/{decision}" if decision else error.message


def _passed_on(error: EntrepotError) -> Word | None:
    """What an upstream guards, clients are told in upstream's words: they know what to do about it."""
    if isinstance(error, errors.UpstreamRefused) and error.code == GATED and error.status in (401, 403):
        return Word(error.status, GATED)
    return None


def _extra(error: EntrepotError, status: int) -> dict[str, str]:
    extra: dict[str, str] = {}
    if isinstance(error, errors.FileNotFound) and error.commit:
        # With the commit a client remembers that the file is not there, and does not ask again.
        extra["X-Repo-Commit"] = error.commit
    if isinstance(error, errors.RangeNotSatisfiable):
        extra["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, errors.NotReady | errors.UpstreamUnavailable):
        extra["Retry-After"] = str(error.after)
    if isinstance(error, errors.Held):
        # Clients of the Hub wait for what this header says (IETF RateLimit), and then ask again by themselves.
        extra["RateLimit"] = f'"inspection";r=0;t={error.after}'
        extra["RateLimit-Policy"] = f'"inspection";q=1;w={error.after}'
    if status == 401:
        extra["WWW-Authenticate"] = 'Basic realm="entrepot: any user name, a token as the password"'
    return extra


def one_line(text: str) -> str:
    """The text as a header can carry it: printable ASCII, not too long."""
    plain = text.encode("ascii", "backslashreplace").decode()
    return "".join(char if char.isprintable() else " " for char in plain)[:MAX_MESSAGE]
