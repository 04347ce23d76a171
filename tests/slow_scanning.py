"""Scanning that waits until a test lets it go on."""

import asyncio
from collections.abc import Awaitable, Callable

from entrepot.domain.report import Report
from entrepot.operations.inspection.contents import UpstreamContent
from entrepot.operations.inspection.crew import Task
from entrepot.operations.registry import Registry


class SlowScanning:
    """Counts what a registry scans from now on, and keeps it waiting until `goes_on`; glances go on as ever."""

    def __init__(self, registry: Registry) -> None:
        self.scans = 0
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()
        self._scan: Callable[[Task], Awaitable[Report]] = registry.firewall.crew.scan
        registry.firewall.crew.scan = self.scan  # type: ignore[method-assign, assignment]

    async def scan(self, task: Task) -> Report:
        """The report, later."""
        if isinstance(task.content, UpstreamContent):
            return await self._scan(task)
        self.scans += 1
        self.begun.set()
        await self.goes_on.wait()
        return await self._scan(task)
