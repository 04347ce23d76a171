"""What happens after the answer: each module offers `JOB`, run by PgQueuer when its time has come.

One process keeps its queue in memory; replicas share the PostgreSQL that they have anyway. Every job may run twice,
and takes up what an earlier run has left.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgqueuer import PgQueuer
from pgqueuer.queries import Queries

from entrepot.operations.registry import Registry
from entrepot.settings import Settings

if TYPE_CHECKING:
    from psycopg import AsyncConnection  # only there with the extra "postgres"

LOG = logging.getLogger("entrepot.jobs")
QUEUE_LOCK = 0x656E746A
"""The number of PostgreSQL's advisory lock for the queue's tables: 'entj'."""
WRITE_DOWN_SECONDS = 30
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
        except Exception:
            # Whatever it was: without this loop nothing would be collected any more, and nobody told.
            LOG.exception("the job queue came to an unexpected end")
        await asyncio.sleep(AGAIN_SECONDS)


async def write_down_forever(registry: Registry) -> None:
    """Bring what was counted into the catalog now and then, until cancelled; each process has counts of its own."""
    while True:
        await asyncio.sleep(WRITE_DOWN_SECONDS)
        try:
            await registry.usage.write_down(registry.database)
        except Exception:
            LOG.exception("what was counted could not be written down; it will be tried again")


async def _work_on_postgresql(registry: Registry, jobs: Mapping[str, Job]) -> None:
    import psycopg  # only there with the extra "postgres"

    url = registry.database.url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await _prepare(connection)
            await _work(PgQueuer.from_psycopg_connection(connection), registry, jobs)
    except psycopg.Error as error:
        raise ConnectionError(str(error)) from error


async def _prepare(connection: "AsyncConnection") -> None:
    """The queue's tables are there, as this version of the queue has them. Replicas that start together take turns."""
    queries = Queries.from_psycopg_connection(connection)
    await connection.execute("SELECT pg_advisory_lock(%s)", [QUEUE_LOCK])
    try:
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()
    finally:
        await connection.execute("SELECT pg_advisory_unlock(%s)", [QUEUE_LOCK])


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
