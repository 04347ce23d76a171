"""Jobs run when their time has come, in one process with SQLite and in replicas over one PostgreSQL."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import real_postgres
from entrepot.jobs import Job, run_forever
from entrepot.operations.registry import Registry
from entrepot.settings import Settings
from entrepot_testing import close_registry, make_registry, run

EVERY_SECOND = "* * * * * *"
PATIENCE = 60


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = real_postgres.start(tmp_path_factory.mktemp("jobs-postgres"))
    yield server
    server.cleanup()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_jobs_run_and_run_again_after_they_failed(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    url = ""
    if kind == "postgres":
        url = Settings(database=real_postgres.new_database(request.getfixturevalue("postgres"), "jobs")).database_url

    async def test() -> None:
        ran = 0
        enough = asyncio.Event()

        async def fail_at_first(_: Registry) -> None:
            nonlocal ran
            ran += 1
            if ran == 1:
                raise ValueError("this is a test")
            enough.set()

        jobs = {"test": Job("test", lambda settings: EVERY_SECOND, fail_at_first)}
        # Replicas begin on a database without the queue's tables, at the same moment.
        registries = [make_registry(tmp_path, database_url=url) for _ in range(1 if kind == "sqlite" else 3)]
        tasks = [asyncio.create_task(run_forever(registry, jobs)) for registry in registries]
        try:
            await asyncio.wait_for(enough.wait(), PATIENCE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for registry in registries:
                await close_registry(registry)

    run(test)
