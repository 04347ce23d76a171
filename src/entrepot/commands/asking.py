"""How a server is asked: which one, with which token, and what its answers mean."""

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
from entrepot.commands import Failed, Wrong

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_SERVER = "http://127.0.0.1:8080"
TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A registry and the token that it is asked with."""

    url: str
    token: str

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The JSON that it answers, None for an empty answer; raises `Failed` with the reason that it gives."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, method=method)  # noqa: S310  # checked below
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Failed(_reason(error)) from None
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise Failed(f"{self.url} can't be reached ({reason}); is it running? Name another with --server") from None
        return json.loads(text) if text else None


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered {error.code}; is it an Entrepot?"


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
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Wrong(f"a server is written like {DEFAULT_SERVER}, unlike {url!r}")
    return f"{parts.scheme}://{parts.netloc}"


def find(url: str | None, token: str | None) -> Server:
    """The server to ask: as given, else as in the environment, else as saved. Raises `Wrong` without a token."""
    saved = _saved()
    found = url or settings.from_environment("SERVER") or saved.get("server") or DEFAULT_SERVER
    secret = token or settings.from_environment("TOKEN") or saved.get("token")
    if not secret:
        raise Wrong("no token: give --token, set ENTREPOT_TOKEN, or log in once with 'entrepot login --token hf_…'")
    return Server(checked(found), secret)


def _saved() -> Mapping[str, str]:
    try:
        content = json.loads(login_file().read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def server_options(function: F) -> F:
    """The options `--server` and `--token`."""
    function = click.option("--token", help="A token of the server (or ENTREPOT_TOKEN, or a saved login).")(function)
    return click.option("--server", metavar="URL", help="The server (or ENTREPOT_SERVER, or a saved login).")(function)
