"""The log: lines for people on a terminal, JSON for machines, and an id that joins the lines of one request."""

import json
import logging
import random
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
_GIVEN = re.compile(rb"[A-Za-z0-9_.-]{8,64}")
_PLAIN = frozenset(vars(logging.makeLogRecord({})))


class WithRequestId:
    """Gives every request an id: the one a proxy in front gave it, or a new one; the answer carries it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its id where the log can see it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        known = given.decode() if _GIVEN.fullmatch(given) else f"{random.getrandbits(64):016x}"
        REQUEST_ID.set(known)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-request-id", known.encode())]}
            await send(message)

        await self._app(scope, receive, send_with_id)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's time, level, name, message, request and extras."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            line["request"] = request_id
        line |= {key: value for key, value in vars(record).items() if key not in _PLAIN and key != "message"}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextLines(logging.Formatter):
    """One line for a person; what came from outside can't bring control characters with it."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, message, request."""
        when = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        message = "".join(char if char.isprintable() else "�" for char in record.getMessage())
        text = f"{when} {record.levelname.lower():7} {message}"
        if hasattr(record, "milliseconds"):
            text += f" ({record.milliseconds} ms)"
        if record.exc_info:
            text += f" [{REQUEST_ID.get()}]\n" + self.formatException(record.exc_info)
        return text


def set_up(level: str, form: str) -> None:
    """Send the log to standard error, in the form that was asked for."""
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    stream = logging.StreamHandler()
    stream.setFormatter(TextLines() if as_text else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [stream]
    root.setLevel(level.upper())
