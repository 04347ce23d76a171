"""How a server is asked: which one, with which token, and what its answers mean."""

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from entrepot import settings
from entrepot.commands import Failed, Wrong, plain

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_SERVER = "http://127.0.0.1:8080"
TIMEOUT_SECONDS = 60
MAX_ANSWER = 64 << 20
"""More than our longest list has; whoever sends more is no Entrepot."""
REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True)
class Server:
    """A registry and the token that it is asked with."""

    url: str
    token: str

    def ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, keeps_lines: bool = False
    ) -> Any:
        """The JSON that it answers, None for an empty answer; raises `Failed` with the reason that it gives.

        `keeps_lines` leaves the line breaks in texts, for what is no cell of a table.
        """
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, method=method)  # noqa: S310  # checked below
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.build_opener(_Staying).open(request, timeout=TIMEOUT_SECONDS) as answer:
                return _understood(answer.read(MAX_ANSWER), keeps_lines=keeps_lines)
        except urllib.error.HTTPError as error:
            raise Failed(_reason(error)) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise Failed(f"{self.url} can't be reached ({reason}); is it running? Name another with --server") from None
        except (http.client.HTTPException, ValueError, RecursionError):
            raise Failed(f"{self.url} does not answer as an Entrepot does; name another with --server") from None


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token would go with it, wherever it leads."""

    def redirect_request(self, *_: object) -> None:
        return None


def _understood(text: bytes, *, keeps_lines: bool) -> Any:
    answer = json.loads(text) if text else {}
    if not isinstance(answer, dict):
        raise ValueError("our answers are objects")
    return _printable(answer, keeps_lines)


def _printable(value: Any, keeps_lines: bool) -> Any:
    """What came from a server, without the control characters that a terminal would obey."""
    if isinstance(value, str):
        return "\n".join(map(plain, value.split("\n"))) if keeps_lines else plain(value)
    if isinstance(value, dict):
        return {plain(key): _printable(item, keeps_lines) for key, item in value.items()}
    return [_printable(item, keeps_lines) for item in value] if isinstance(value, list) else value


def _reason(error: urllib.error.HTTPError) -> str:
    if error.code in REDIRECTS:
        return f"the server answered {error.code} and refers to {error.headers['Location']}; name that with --server"
    try:
        return str(json.loads(error.read(MAX_ANSWER))["error"]["message"])
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, RecursionError):
        return f"the server answered {error.code}; is it an Entrepot? Name another with --server"


def login_file() -> Path:
    """Where the login is kept: the user's configuration folder."""
    return settings.configuration_folder() / "entrepot" / "login.json"


def save(server: Server) -> Path:
    """Remember the server and the token, for this user's eyes only."""
    path = login_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        json.dump({"server": server.url, "token": server.token}, file)
    return path


def checked(url: str) -> str:
    """The server's origin; raises `Wrong` for what is none."""
    try:
        parts = urlsplit(url)
        is_origin = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_origin = False
    if not is_origin or not url.isascii() or not url.isprintable() or " " in url or parts.username is not None:
        raise Wrong(f"a server is written like {DEFAULT_SERVER}, unlike {url!r}")
    return f"{parts.scheme}://{parts.netloc}"


def checked_token(token: str) -> str:
    """The token without what a shell may have left around it; raises `Wrong` for what can't be one."""
    secret = token.strip()
    if not (secret.isascii() and secret.isprintable() and secret) or " " in secret:
        raise Wrong("the token is empty, or has characters that no token has")
    return secret


def find(url: str | None, token: str | None) -> Server:
    """The server to ask: as given, else as in the environment, else as saved. Raises `Wrong` without a token."""
    saved = _saved()
    found = url or settings.from_environment("SERVER") or saved.get("server") or DEFAULT_SERVER
    secret = settings.from_environment("TOKEN") or saved.get("token") if token is None else token
    if secret is None or secret == "":
        raise Wrong("no token: give --token, set ENTREPOT_TOKEN, or log in once with 'entrepot login --token hf_…'")
    return Server(checked(found), checked_token(secret))


def _saved() -> Mapping[str, str]:
    try:
        content = json.loads(login_file().read_text())
    except (OSError, ValueError):
        return {}
    found = content if isinstance(content, dict) else {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def server_options(function: F) -> F:
    """The options `--server` and `--token`."""
    function = click.option("--token", help="A token of the server (or ENTREPOT_TOKEN, or a saved login).")(function)
    return click.option("--server", metavar="URL", help="The server (or ENTREPOT_SERVER, or a saved login).")(function)
