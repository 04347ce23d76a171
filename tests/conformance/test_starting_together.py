"""Several servers that start at once on one empty PostgreSQL: one begins it, none waits for work that is not theirs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import real_postgres
from entrepot import app
from entrepot.catalog import access, repositories
from entrepot.catalog.database import Database
from entrepot.catalog.garbage import Turn
from entrepot.catalog.migrate import migrate
from entrepot.operations.setup import ADMIN_TOKEN_FILE
from entrepot.settings import Settings


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = real_postgres.start(tmp_path_factory.mktemp("starting-postgres"))
    yield server
    server.cleanup()


def test_one_of_several_servers_begins_the_registry(postgres: Any, tmp_path: Path) -> None:
    url = real_postgres.new_database(postgres, "starting")
    folders = [tmp_path / name for name in ("shared", "shared", "own", "another")]
    with ThreadPoolExecutor(len(folders)) as threads:
        prepared = list(threads.map(lambda folder: app.prepare(Settings(data=str(folder), database=url)), folders))
    tokens = [token for token in prepared if token]
    assert len(tokens) == 1
    database = Database(Settings(database=url).database_url)
    try:
        assert [row.key.text for row in database.now(repositories.everything)] == ["hub", "huggingface", "models"]
        assert len(database.now(access.list_tokens)) == 1
        # Whatever token is kept in a folder opens the registry.
        kept = {path.read_text().strip() for path in tmp_path.glob(f"*/{ADMIN_TOKEN_FILE}")}
        assert kept == set(tokens)
    finally:
        database.close()


def test_a_server_starts_while_another_collects(postgres: Any, tmp_path: Path) -> None:
    database = Database(Settings(database=real_postgres.new_database(postgres, "collecting")).database_url)
    try:
        turn = Turn(database.engine)
        with ThreadPoolExecutor(1) as threads:
            threads.submit(migrate, database).result(10)
        turn.confirm()
        turn.end()
    finally:
        database.close()
