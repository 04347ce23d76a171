"""gc, fsck, renew-epoch: on the registry of this machine, while its server runs; and doors that stand open."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import real_postgres
from live_server import LiveServer

Ask = Callable[..., object]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A registry that keeps nothing longer than it must, and that nobody but us collects."""
    with LiveServer(tmp_path_factory.mktemp("registry"), gc_schedule="") as live:
        yield live


@pytest.fixture
def here(type_in: Ask, server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("ENTREPOT_DATA", str(server.data))
    monkeypatch.setenv("ENTREPOT_GC_GRACE_HOURS", "0")
    monkeypatch.setenv("ENTREPOT_XORB_GRACE_DAYS", "0")
    return type_in


def stored(server: LiveServer) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (server.data / "blobs").rglob("*") if path.is_file()}


def upload_and_delete(server: LiveServer) -> None:
    from huggingface_hub import HfApi

    api = HfApi(server.endpoint("models"), token=server.token)
    api.create_repo("ada/gone")
    api.upload_file(path_or_fileobj=b"bytes that nobody will name", path_in_repo="a.bin", repo_id="ada/gone")
    api.delete_repo("ada/gone")


def test_a_rehearsal_frees_nothing_and_says_what_the_real_run_frees(here: Ask, server: LiveServer) -> None:
    upload_and_delete(server)
    before = stored(server)
    said = json.loads(here("gc", "--dry-run", "--json").out)
    assert stored(server) == before
    done = json.loads(here("gc", "--json").out)
    after = stored(server)
    assert said | {"dry_run": False} == done
    assert sum(before.values()) - sum(after.values()) == done["bytes"] > 0
    assert "Freed 0 bytes (0 bytes)" in here("gc").out
    assert "Would free" in here("gc", "--dry-run").out


def test_fsck_ends_with_nought_where_all_is_well_and_with_one_where_not(here: Ask, server: LiveServer) -> None:
    well = here("fsck", "--deep")
    assert (well.status, well.out, well.err) == (0, "Catalog and store agree.\n", "")
    stray = server.data / "blobs" / "ab" / "cd" / ("abcd" + "0" * 60)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"x")
    found = here("fsck")
    assert found.status == 1
    assert "\n1 difference.\n" in found.out and "0" * 60 in found.out
    assert found.err.count("\n") == 1
    as_json = here("fsck", "--json")
    assert as_json.status == 1 and len(json.loads(as_json.out)) == 1
    stray.unlink()
    assert here("gc").status == 0
    assert here("fsck").status == 0


def test_a_new_epoch_is_another_one(here: Ask) -> None:
    first, second = here("renew-epoch"), here("renew-epoch")
    assert (first.status, second.status) == (0, 0)
    assert first.out != second.out


@pytest.mark.parametrize("command", ["gc", "fsck", "renew-epoch"])
def test_where_there_is_no_registry_it_says_so_and_makes_none(type_in: Ask, tmp_path: Path, command: str) -> None:
    said = type_in(command, "--data", tmp_path / "nowhere")
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "there is no registry in" in said.err and not (tmp_path / "nowhere").exists()


def test_a_database_without_a_registry_is_named_as_such(
    type_in: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    server = real_postgres.start(tmp_path / "postgres")
    request.addfinalizer(server.cleanup)
    monkeypatch.setenv("ENTREPOT_DATABASE", real_postgres.new_database(server, "empty"))
    for command in ("gc", "fsck", "renew-epoch"):
        said = type_in(command, "--data", tmp_path / "data")
        assert said.status == 1
        assert said.err.startswith("entrepot: there is no registry in postgresql://") and "serve" in said.err


def test_nobody_else_may_read_what_a_server_keeps(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with LiveServer(tmp_path) as server:
        readable = [path.name for path in server.data.iterdir() if path.stat().st_mode & 0o077]
        assert set(readable) <= {"server.log"}  # which is ours


def test_a_start_warns_of_repositories_that_everybody_may_read_and_of_nothing_else(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        assert "Without a token" not in server.log
        server.api("POST", "/repositories", {"key": "open", "kind": "local", "anonymous_read": True})
        server.api("POST", "/repositories", {"key": "closed", "kind": "local"})
        server.stop()
        (tmp_path / "server.log").unlink()
        server.start()
        warning = "Without a token everybody who reaches this server may read: open."
        assert server.log.splitlines().count(warning) == 1
        lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
        (logged,) = [line for line in lines if line["level"] == "warning"]
        assert (logged["message"], logged["repositories"]) == (warning, ["open"])
