"""A real server for real clients: `entrepot serve` in processes of its own, ended by their ids."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0


def free_port() -> int:
    """A port of loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LiveServer:
    """A registry that is up once this is made. `settings` are handed to it as `ENTREPOT_*`."""

    def __init__(
        self, data: Path, port: int | None = None, python_path: Path | None = None, **settings: object
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._settings = {"data": data, "port": self.port, "log_level": "info", "log_format": "json", **settings}
        self._python_path = os.pathsep.join(map(str, [ROOT / "src", *([python_path] if python_path else [])]))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        """The process that was started; workers are its children."""
        assert self._process is not None
        return self._process.pid

    @property
    def token(self) -> str:
        """The administrator's token."""
        return (self.data / "admin-token").read_text().strip()

    @property
    def log(self) -> str:
        """What the server has said so far."""
        return (self.data / "server.log").read_text()

    def endpoint(self, key: str) -> str:
        """What HF_ENDPOINT is set to for a repository."""
        return f"{self.origin}/hub/{key}"

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "entrepot", "serve"],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self._environment(),
                start_new_session=True,
            )
        self._wait()

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ENTREPOT_", "HF_"))}
        ours = {f"ENTREPOT_{name.upper()}": str(value) for name, value in self._settings.items()}
        return kept | ours | {"PYTHONPATH": self._python_path}

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What `entrepot` says to these words on the machine of this server, with its settings."""
        return subprocess.run(
            [sys.executable, "-m", "entrepot", *words],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def wait(self) -> int:
        """Wait for its end; the status that it ended with."""
        assert self._process is not None
        return self._process.wait(PATIENCE)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with {self._process.returncode}:\n{self.log}")
            try:
                with urllib.request.urlopen(f"{self.origin}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the server is not ready after {PATIENCE} s:\n{self.log}")

    def stop(self) -> None:
        """Let it finish what it does, and wait for its end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def kill(self) -> None:
        """End it and its workers at once, as a power cut would."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE)
        self._process = None

    def api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON that our own interface answers; raises `urllib.error.HTTPError`."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.origin}/api/v1{path}", data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def new_token(self, *scopes: str, user: str = "ada", **more: Any) -> str:
        """A token with these scopes."""
        return str(self.api("POST", "/tokens", {"name": "test", "user": user, "scopes": list(scopes), **more})["token"])

    def __enter__(self) -> "LiveServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
