"""Migrations lead to exactly the tables that the code works with, on both databases, also when many begin at once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import real_postgres
from entrepot.catalog.database import Database
from entrepot.catalog.migrate import migrate
from entrepot.catalog.schema import metadata
from live_server import ROOT


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'catalog.db'}"
        return
    server = real_postgres.start(tmp_path / "postgres")
    yield real_postgres.new_database(server, "catalog").replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


def test_the_migrated_catalog_has_the_tables_of_the_code(url: str) -> None:
    database = Database(url)
    migrate(database)
    migrate(database)
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    assert differences == []


START = """
import sys
from pathlib import Path
from entrepot.app import prepare
from entrepot.settings import Settings
print(prepare(Settings(data=sys.argv[1], database=sys.argv[2])) or "", end="")
"""


def test_servers_that_start_together_set_up_one_instance(url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", START, str(tmp_path / "data"), url]
    surroundings = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]}
    started = [
        subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    tokens = [out for out, _ in said if out]
    assert tokens == [(tmp_path / "data" / "admin-token").read_text().strip()]
