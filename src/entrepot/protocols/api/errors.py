"""Errors of our own interface: the status, a stable word, and the sentence."""

from starlette.responses import JSONResponse, Response

from entrepot.domain import errors
from entrepot.domain.errors import EntrepotError
from entrepot.http.errors import look_up

TABLE: dict[type[EntrepotError], tuple[int, str]] = {
    EntrepotError: (500, "internal"),
    errors.NotFound: (404, "not-found"),
    errors.Unauthenticated: (401, "unauthenticated"),
    errors.Forbidden: (403, "forbidden"),
    errors.Blocked: (403, "blocked"),
    errors.Invalid: (400, "invalid"),
    errors.TooLarge: (413, "too-large"),
    errors.Conflict: (409, "conflict"),
    errors.NotReady: (503, "not-ready"),
    errors.OutOfSpace: (507, "out-of-space"),
    errors.UpstreamError: (502, "upstream"),
}


def answer(error: EntrepotError, *, anonymous: bool = False, origin: str = "") -> Response:
    """The answer for an error. Who shows no token is asked for one before being told what is not there."""
    status, code = look_up(TABLE, error)
    if anonymous and status == 404:
        status, code = 401, "unauthenticated"
    headers = {"Retry-After": str(error.after)} if isinstance(error, errors.NotReady) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": {"code": code, "message": error.message}}, status, headers)
