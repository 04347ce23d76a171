"""A real PostgreSQL for tests: started in a folder of the test's, ended with the test session."""

import os
import subprocess
from pathlib import Path
from typing import Any

STARTS = 3
"""How often a start is tried: on a busy machine it gives up early, and that says nothing about what is tested."""


def start(folder: Path) -> Any:
    """A server of its own; `new_database` makes databases in it, and `cleanup()` ends it."""
    # The package asks for a runtime folder on import and warns where the system has none.
    runtime = folder / "runtime"
    runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pgserver

    for attempt in range(STARTS):
        try:
            return pgserver.get_server(folder / f"pgdata-{attempt}", cleanup_mode="stop")
        except (subprocess.SubprocessError, OSError):
            if attempt == STARTS - 1:
                raise
    raise AssertionError("the loop returns or raises")


def new_database(server: Any, name: str) -> str:
    """The URL of a new, empty database."""
    server.psql(f"CREATE DATABASE {name}")
    return str(server.get_uri(name))
