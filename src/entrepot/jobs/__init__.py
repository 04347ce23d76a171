"""What happens after the answer: each module offers `JOB`, run by PgQueuer when its time has come.

One process keeps its queue in memory; replicas share the PostgreSQL that they have anyway. Every job may run twice,
and takes up what an earlier run has left.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pgqueuer import PgQueuer

from entrepot.operations.registry import Registry
from entrepot.settings import Settings

LOG = logging.getLogger("entrepot.jobs")
AGAIN_SECONDS = 30
"""How long to wait after the queue's database went away."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do now and then."""

    name: str
    schedule: Callable[[Settings], str]
    """When, as cron writes it; empty for never."""
    run: Callable[[Registry], Awaitable[None]]


async def run_forever(registry: Registry, jobs: Mapping[str, Job]) -> None:
    """Run the jobs when their time has come, until cancelled."""
    while True:
        try:
            if registry.database.is_sqlite:
                await _work(PgQueuer.in_memory(), registry, jobs)
            else:
                await _work_on_postgresql(registry, jobs)
        except OSError as error:
            LOG.warning("the job queue can't be reached: %s", error)
        await asyncio.sleep(AGAIN_SECONDS)


async def _work_on_postgresql(registry: Registry, jobs: Mapping[str, Job]) -> None:
    import psycopg  # only there with the extra "postgres"

    url = registry.database.url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await _work(PgQueuer.from_psycopg_connection(connection), registry, jobs)
    except psycopg.Error as error:
        raise ConnectionError(str(error)) from error


async def _work(queue: PgQueuer, registry: Registry, jobs: Mapping[str, Job]) -> None:
    for job in jobs.values():
        if schedule := job.schedule(registry.settings):
            queue.schedule(job.name, schedule)(_runner(registry, job))
    await queue.run()


def _runner(registry: Registry, job: Job) -> Callable[[Any], Awaitable[None]]:
    async def run(_: Any) -> None:
        try:
            await job.run(registry)
        except Exception:
            LOG.exception("the job %s failed; it will be tried again at its next time", job.name)

    return run
