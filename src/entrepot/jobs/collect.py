"""Collect garbage, when the settings say so."""

from entrepot.domain.errors import NotReady
from entrepot.jobs import LOG, Job
from entrepot.operations.collect import collect
from entrepot.operations.registry import Registry


async def _run(registry: Registry) -> None:
    try:
        done = await collect(registry)
    except NotReady as error:
        LOG.info("no collection this time: %s", error)  # another replica is at it
        return
    LOG.info("collected %d bytes in %d blobs and %d xorbs", done.bytes, done.blobs, done.xorbs)


JOB = Job("collect", lambda settings: settings.gc_schedule, _run)
