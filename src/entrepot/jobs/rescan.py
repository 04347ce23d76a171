"""Look again at stored files once the scanner has changed, and at those that nobody has looked at."""

from entrepot.jobs import Job
from entrepot.operations.registry import Registry
from entrepot.operations.rescan import rescan


async def _run(registry: Registry) -> None:
    await rescan(registry)


JOB = Job("rescan", lambda settings: settings.rescan_schedule, _run)
