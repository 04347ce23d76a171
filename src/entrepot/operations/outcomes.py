"""What came of a flight, in a form that its other processes can read."""

import json

from entrepot.domain.errors import (
    Corrupt,
    EntrepotError,
    NotReady,
    UpstreamRefused,
    UpstreamUnavailable,
)

STORED = b'{"kind": "stored"}'
MAX_MESSAGE = 1000


def of_error(error: Exception) -> bytes:
    """The outcome that tells others of the error; what is nobody else's business becomes "try again"."""
    known = isinstance(error, Corrupt | UpstreamRefused | UpstreamUnavailable | NotReady)
    said = {
        "kind": type(error).__name__ if known else "NotReady",
        "message": str(error)[:MAX_MESSAGE] if isinstance(error, EntrepotError) else "a file could not be kept",
        "after": getattr(error, "after", 5),
        "status": getattr(error, "status", 502),
        "code": getattr(error, "code", None),
    }
    return json.dumps(said).encode()


def error_of(outcome: bytes) -> EntrepotError | None:
    """The error that an outcome tells of; None where the file was stored, or nobody can tell."""
    try:
        said = json.loads(outcome)
        kind, message = said["kind"], said["message"]
        after, status, code = int(said["after"]), int(said["status"]), said["code"]
    except (ValueError, KeyError, TypeError):
        return None
    match kind:
        case "Corrupt":
            return Corrupt(message)
        case "UpstreamRefused":
            return UpstreamRefused(message, status, code)
        case "UpstreamUnavailable":
            return UpstreamUnavailable(message, after)
        case _:
            return NotReady(message, after)


def again(error: EntrepotError) -> EntrepotError:
    """The same error as a value of its own: several tasks raising one would tangle up its traceback."""
    copy = type(error).__new__(type(error), *error.args)
    copy.__dict__.update(error.__dict__)
    return copy
