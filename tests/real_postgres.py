"""A real PostgreSQL for tests: started in a folder of the test's, ended with the test session."""

import os
from pathlib import Path
from typing import Any


def start(folder: Path) -> Any:
    """A server of its own; `new_database` makes databases in it, and `cleanup()` ends it."""
    # The package asks for a runtime folder on import and warns where the system has none.
    runtime = folder / "runtime"
    runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pgserver

    return pgserver.get_server(folder / "pgdata", cleanup_mode="stop")


def new_database(server: Any, name: str) -> str:
    """The URL of a new, empty database."""
    server.psql(f"CREATE DATABASE {name}")
    return str(server.get_uri(name))
