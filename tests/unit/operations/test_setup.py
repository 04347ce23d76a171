"""What a new instance begins with: secrets that are never empty, also where several begin at once or one was killed."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from entrepot.catalog import access, repositories
from entrepot.catalog.database import Database
from entrepot.catalog.schema import metadata
from entrepot.domain.errors import Corrupt
from entrepot.operations import setup


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'catalog.db'}", readers=1)
    metadata.create_all(made.engine)
    return made


def test_a_new_instance_has_its_repositories_and_an_administrator(tmp_path: Path, database: Database) -> None:
    token = setup.begin(database, tmp_path)
    assert token is not None
    actor = database.now(access.actor, token)
    assert actor is not None and actor.is_administrator
    assert [row.key.text for row in database.now(repositories.everything)] == ["hub", "huggingface", "models"]
    path = tmp_path / setup.ADMIN_TOKEN_FILE
    assert (path.read_text().strip(), stat.S_IMODE(path.stat().st_mode)) == (token, 0o600)
    assert setup.begin(database, tmp_path) is None


def test_a_token_file_that_a_killed_start_left_empty_is_no_token(tmp_path: Path, database: Database) -> None:
    (tmp_path / setup.ADMIN_TOKEN_FILE).touch()
    token = setup.begin(database, tmp_path)
    assert token is not None and token.startswith("hf_")
    assert database.now(access.actor, "") is None


def test_who_finds_the_catalog_begun_by_another_leaves_no_token_that_opens_nothing(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    setup.begin(database, tmp_path)
    # The other server looked before the first had begun.
    monkeypatch.setattr(setup, "_is_begun", lambda database: False)
    assert setup.begin(database, other) is None
    assert not (other / setup.ADMIN_TOKEN_FILE).exists()
    assert setup.begin(database, tmp_path) is None
    assert (tmp_path / setup.ADMIN_TOKEN_FILE).exists()


def test_all_who_start_at_once_read_the_same_whole_key(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        barrier = threading.Barrier(8)

        def read(here: Path = folder, wait: threading.Barrier = barrier) -> str:
            wait.wait()
            return setup.secret_key(here, "")

        with ThreadPoolExecutor(8) as threads:
            keys = {future.result() for future in [threads.submit(read) for _ in range(8)]}
        assert len(keys) == 1 and len(keys.pop()) == 64
        assert [path.name for path in folder.iterdir()] == [setup.KEY_FILE]


def test_a_key_file_that_is_empty_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / setup.KEY_FILE).touch()
    with pytest.raises(Corrupt, match=setup.KEY_FILE):
        setup.secret_key(tmp_path, "")


def test_a_key_that_is_given_is_taken(tmp_path: Path) -> None:
    assert setup.secret_key(tmp_path, "given") == "given"
    assert list(tmp_path.iterdir()) == []
