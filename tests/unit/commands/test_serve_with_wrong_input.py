"""A server that can't start says why in one line, and what to do."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from entrepot.commands import serve
from live_server import ROOT, free_port

SECRET = "swordfish"


class Listening(Exception):
    """The server would have started."""


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def granian(*_: object, **given: object) -> None:
        raise Listening(given["address"])

    monkeypatch.setattr(serve, "Granian", granian)


@pytest.fixture
def refused(type_in: Callable[..., object], tmp_path: Path) -> Callable[..., str]:
    """The one line that a server with these words and this environment ends with."""

    def refused(*words: object, status: int = 1) -> str:
        said = type_in("serve", "--port", free_port(), "--data", tmp_path / "data", *words)
        assert said.status == status, said
        assert said.err.count("\n") == 1, said.err
        assert said.err.startswith("entrepot: ")
        assert "Traceback" not in said.err and SECRET not in said.err
        return said.err

    return refused


@pytest.fixture(params=[False, True], ids=["plain", "shared"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port that somebody listens on; a server of ours would even let others in."""
    with socket.socket() as other:
        if request.param:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def test_a_port_that_is_in_use_is_named_and_nothing_was_made(
    refused: Callable[..., str], taken: int, tmp_path: Path
) -> None:
    assert refused("--port", taken) == (
        f"entrepot: port {taken} of 127.0.0.1 is in use; stop what listens there, or choose another with --port\n"
    )
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("203.0.113.7", "no address of this machine"),
        ("no-such-host.invalid", "no address for the host"),
        ("é" * 70, ""),
    ],
)
def test_a_host_that_is_not_here_is_named(refused: Callable[..., str], host: str, words: str) -> None:
    answer = refused("--host", host)
    assert words in answer and "--host" in answer


@pytest.mark.parametrize(
    ("host", "address"), [("localhost", {"127.0.0.1", "::1"}), ("127.0.0.1", {"127.0.0.1"}), ("0.0.0.0", {"0.0.0.0"})]
)
def test_a_host_may_be_a_name(type_in: Callable[..., object], tmp_path: Path, host: str, address: set[str]) -> None:
    with pytest.raises(Listening) as caught:
        type_in("serve", "--host", host, "--port", free_port(), "--data", tmp_path / "data")
    assert str(caught.value) in address


def test_what_is_pasted_leads_here_whatever_is_listened_on(
    type_in: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    with pytest.raises(Listening):
        type_in("serve", "--host", "0.0.0.0", "--port", port, "--data", tmp_path / "my data")
    said = capsys.readouterr().out
    assert f"HF_ENDPOINT=http://127.0.0.1:{port}/hub/hub" in said
    assert f"HF_TOKEN=$(cat '{tmp_path}/my data/admin-token')" in said


def test_a_data_folder_that_cannot_be_one_is_named(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/entrepot/data"), Path("/proc")):
        assert str(folder) in refused("--data", folder)


def test_a_place_for_blobs_that_cannot_be_one_is_named(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for url, words, status in [
        ("s3://bucket", "'s3'", 1),
        ("file:///proc/nowhere", "/proc/nowhere", 1),
        ("file://elsewhere/x", "file:///path", 1),
        ("/srv/blobs", "file:///srv/blobs", 4),
        ("http://[bad", "file:///srv/blobs", 4),
    ]:
        monkeypatch.setenv("ENTREPOT_BLOBS", url)
        assert words in refused(status=status)


@pytest.mark.parametrize(
    ("url", "words", "status"),
    [
        (f"postgresql://nobody:{SECRET}@127.0.0.1:1/models", "postgresql://nobody@127.0.0.1:1/models", 1),
        (f"postgresql://nobody:{SECRET}@127.0.0.1:x/models", "postgresql://user:password@host/name", 1),
        (f"mysql://nobody:{SECRET}@127.0.0.1/models", "sqlite:/// or postgresql://", 4),
        ("postgresql://[bad", "", 1),
        ("sqlite:////proc/nowhere/entrepot.db", "/proc/nowhere/entrepot.db", 1),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, url: str, words: str, status: int
) -> None:
    monkeypatch.setenv("ENTREPOT_DATABASE", url)
    assert words in refused(status=status)


def test_a_catalog_of_a_later_version_is_left_alone(
    refused: Callable[..., str], type_in: Callable[..., object], tmp_path: Path
) -> None:
    import sqlite3

    with pytest.raises(Listening):
        type_in("serve", "--port", free_port(), "--data", tmp_path / "data")
    with sqlite3.connect(tmp_path / "data" / "entrepot.db") as catalog:
        catalog.execute("UPDATE alembic_version SET version_num = '9999'")
    catalog.close()
    assert "another version of Entrepot" in refused()


def test_postgres_without_its_driver_says_what_to_install(tmp_path: Path) -> None:
    script = "import sys; sys.modules['psycopg'] = None; from entrepot.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "serve", "--port", str(free_port())],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "ENTREPOT_DATABASE": "postgresql://db/x"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "entrepot: PostgreSQL needs a driver: pip install 'entrepot[postgres]'\n",
    )


def test_settings_that_make_no_sense_end_with_four(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("port = [")
    assert "is not TOML" in refused("--config", tmp_path / "bad.toml", status=4)
    assert "can't be read" in refused("--config", tmp_path / "missing.toml", status=4)
    assert "--port: 80000" in refused("--port", 80000, status=4)
