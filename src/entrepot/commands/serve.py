"""Run a registry on this machine."""

import contextlib
import ctypes
import errno
import functools
import logging
import os
import shlex
import socket
from pathlib import Path

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes
from granian.http import HTTP1Settings
from granian.log import LogLevels
from starlette.types import ASGIApp

from entrepot import app, settings
from entrepot.commands import Failed
from entrepot.http.log import set_up
from entrepot.operations.setup import ADMIN_TOKEN_FILE
from entrepot.settings import Settings

LOG = logging.getLogger("entrepot.serve")
REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # what listens everywhere is reached from here at these
M_ARENA_MAX = -8
"""mallopt's number for how many pools there may be (glibc)."""
READ_BUFFER = 1 << 20
"""How much of an upload the server takes in at once: large pieces are what makes receiving cheap."""


@click.command("serve")
@click.option("--data", metavar="DIR", help="The folder that holds everything (default: ./data).")
@click.option("--host", metavar="ADDRESS", help="The address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="The port to listen on (default: 8080).")
@click.option("--workers", type=int, help="How many processes serve (default: 1).")
@click.option("--config", "file", metavar="FILE", type=click.Path(path_type=Path), help="A TOML file of settings.")
def serve(data: str | None, host: str | None, port: int | None, workers: int | None, file: Path | None) -> None:
    """Run a registry on this machine.

    \b
    Examples:
      entrepot serve
      entrepot serve --data /srv/entrepot --host 0.0.0.0 --workers 2
      ENTREPOT_DATABASE=postgresql://entrepot@db/entrepot entrepot serve --config /etc/entrepot.toml
    """
    chosen = settings.read(file=file, data=data, host=host, port=port, workers=workers)
    address = _address(chosen.host, chosen.port)
    os.umask(0o077)  # the catalog has hashes of tokens in it; the data folder may be one that others can read
    token = app.prepare(chosen)
    _welcome(chosen, token)
    _warn_of_open_doors(chosen)
    if chosen.workers > 1:
        settings.share_metrics(chosen.data_folder / "metrics")
    server = Granian(
        "entrepot.app:create",
        address=address,
        port=chosen.port,
        interface=Interfaces.ASGI,
        workers=chosen.workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=READ_BUFFER),
        loop=Loops.uvloop,
        runtime_mode=RuntimeModes.st,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=chosen.shutdown_seconds,
    )
    logging.getLogger("_granian").setLevel(logging.WARNING)
    server.serve(target_loader=functools.partial(_load, chosen), wrap_loader=False)


def _load(chosen: Settings, *_: object) -> ASGIApp:
    """The application, made in the process that serves it."""
    _keep_memory_together()
    return app.create(chosen)


def _keep_memory_together() -> None:
    """Let the C library keep two pools of memory: one for each of our threads would hold on to 100 MiB and more."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _address(host: str, port: int) -> str:
    """The numeric address to listen on; raises `Failed` where that is not possible."""
    try:
        family, kind, _, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # The server shares its port among its workers, and would share it with another server of the same user.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found)
    except (OSError, UnicodeError) as error:
        raise Failed(_why_not(error, host, port)) from None
    return str(found[0])


def _why_not(error: Exception, host: str, port: int) -> str:
    number = error.errno if isinstance(error, OSError) and not isinstance(error, socket.gaierror) else None
    match number:
        case errno.EADDRINUSE:
            return f"port {port} of {host} is in use; stop what listens there, or choose another with --port"
        case errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine; choose one with --host (0.0.0.0 for all of them)"
        case errno.EACCES:
            return f"port {port} is not for you to listen on; choose one above 1023 with --port"
        case None:
            return f"there is no address for the host {host!r}; choose one with --host"
        case _:
            return f"can't listen on port {port} of {host}: {error}"


def _welcome(chosen: Settings, token: str | None) -> None:
    listening = f"http://{_in_url(chosen.host)}:{chosen.port}"
    reached = f"http://{_in_url(REACHED_AT.get(chosen.host, chosen.host))}:{chosen.port}"
    origin = chosen.public_url.rstrip("/") or reached
    file = chosen.data_folder / ADMIN_TOKEN_FILE
    if token:
        click.echo(
            f"A new registry in {chosen.data_folder}. Its administrator's token, shown this once:\n\n  {token}\n"
        )
        click.echo(f"It is kept in {file}. Paste this into a shell to use the registry:\n")
    else:
        click.echo(f"The registry in {chosen.data_folder}. Paste this into a shell to use it:\n")
    click.echo("  pip install -U huggingface_hub")
    click.echo(f"  export HF_ENDPOINT={origin}/hub/hub")
    click.echo(f"  export HF_TOKEN=$(cat {shlex.quote(str(file))})\n")
    click.echo(f"Listening on {listening} (process {os.getpid()}). Stop with Ctrl-C.")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _warn_of_open_doors(chosen: Settings) -> None:
    keys = app.open_to_all(chosen)
    if not keys:
        return
    warning = f"Without a token everybody who reaches this server may read: {', '.join(keys)}."
    click.echo(f"\n{warning}")
    set_up(chosen.log_level, chosen.log_format)
    LOG.warning(warning, extra={"repositories": keys})


COMMAND = serve
