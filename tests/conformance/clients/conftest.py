"""Real servers for real clients: a registry on each database, and an upstream that it proxies."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import real_postgres
from live_server import ROOT, LiveServer

SCRIPTS = Path(__file__).parent / "scripts"
PATIENCE = 240


@dataclass(frozen=True)
class Stack:
    """A registry with a local, a remote and a virtual repository, and the upstream behind the remote one."""

    upstream: LiveServer
    registry: LiveServer

    def endpoint(self, kind: str) -> str:
        """`local`, `remote` or `virtual` (local and remote together, uploads go to local)."""
        return self.registry.endpoint({"local": "models", "remote": "mirror", "virtual": "all"}[kind])

    @property
    def source(self) -> str:
        """Where to upload what the remote repository should find."""
        return self.upstream.endpoint("models")


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Another Entrepot, as upstream."""
    with LiveServer(tmp_path_factory.mktemp("upstream")) as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def stack(
    request: pytest.FixtureRequest, upstream: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The registry and its upstream, on each database there is."""
    folder, settings = tmp_path_factory.mktemp(request.param), {}
    if request.param == "postgres":
        server = real_postgres.start(folder / "postgres")
        request.addfinalizer(server.cleanup)
        settings["database"] = real_postgres.new_database(server, "entrepot")
    with LiveServer(folder / "data", workers=2, branch_seconds=0, missing_seconds=0, **settings) as registry:
        _set_up(registry, upstream)
        yield Stack(upstream, registry)


def _set_up(registry: LiveServer, upstream: LiveServer) -> None:
    mirror = {"key": "mirror", "kind": "remote", "upstream": upstream.endpoint("models")}
    registry.api("POST", "/repositories", mirror | {"upstream_token": upstream.token})
    both = {"key": "all", "kind": "virtual", "members": ["models", "mirror"], "deploy_to": "models"}
    registry.api("POST", "/repositories", both)


@dataclass(frozen=True)
class Client:
    """One generation of a client: the interpreter it is installed in, and what its environment says besides."""

    name: str
    python: Path
    environment: Mapping[str, str]

    def run(self, script: str, *arguments: object, endpoint: str, token: str, home: Path) -> str:
        """What a script prints that runs with this client; fails the test with its output where it fails."""
        command = [str(self.python), str(SCRIPTS / script), *map(str, arguments)]
        done = subprocess.run(
            command,
            env=self.surroundings(endpoint, token, home),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{self.name}: {script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def surroundings(self, endpoint: str, token: str, home: Path) -> dict[str, str]:
        """The environment of a process that uses this client."""
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        offline = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "DO_NOT_TRACK": "1"}
        where = {"HF_ENDPOINT": endpoint, "HF_TOKEN": token, "HF_HOME": str(home), "PYTHONWARNINGS": "ignore"}
        return kept | offline | where | dict(self.environment)


CURRENT = Path(sys.executable)
OLD = ROOT / ".venv-old" / "bin" / "python"
CLIENTS = {
    "hub-2.4.0-xet": Client("hub-2.4.0-xet", CURRENT, {}),
    "hub-2.4.0-plain": Client("hub-2.4.0-plain", CURRENT, {"HF_HUB_DISABLE_XET": "1"}),
    "hub-0.36.2": Client("hub-0.36.2", OLD, {}),
    "hub-0.36.2-plain": Client("hub-0.36.2-plain", OLD, {"HF_HUB_DISABLE_XET": "1"}),
}


@pytest.fixture(
    params=[
        "hub-2.4.0-xet",
        "hub-2.4.0-plain",
        pytest.param("hub-0.36.2", marks=pytest.mark.clients),
        pytest.param("hub-0.36.2-plain", marks=pytest.mark.clients),
    ]
)
def client(request: pytest.FixtureRequest) -> Client:
    """Each generation of huggingface_hub, over Xet and over plain HTTP."""
    return CLIENTS[request.param]
