"""The firewall: what one process knows, and has under way, of inspecting and judging."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from entrepot.catalog import law
from entrepot.catalog.database import Database
from entrepot.catalog.law import Statutes
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.domain.decision import Decision
from entrepot.domain.report import Report
from entrepot.domain.waiver import Waiver
from entrepot.operations.dossier_text import Dossier, Written
from entrepot.operations.inspection.crew import Crew
from entrepot.operations.recent import Recent
from entrepot.operations.record import Record
from entrepot.policy import Policy, parse
from entrepot.scan.budget import Limits
from entrepot.settings import Settings

LAW_SECONDS = 1.0
"""How soon a process notices at the latest that another one changed a policy, a waiver or a repository."""
DECISION_SECONDS = 2.0
"""For how long what was decided of a package is not decided again: some conditions look at the clock."""
REMEMBERED_FINDINGS = 200_000
"""How many findings, in how many reports, a process remembers; what was found in a file is seldom much."""
REMEMBERED_PATHS = 500_000
"""How many paths, in how many packages' dossiers."""
WRITTEN_SECONDS = 600.0
"""For how long files that speak for a package are taken to say the same at its next commit: base models may change."""
GLIMPSED_SECONDS = 600.0
"""For how long a file that could not be judged by a glance is not glanced at again."""
FAILED_SECONDS = 60.0
"""For how long, at least, a file is not scanned again on which the scanner failed: it may fail on it always."""
MOST_LOOKS = 1000
"""How many files may be under way to be looked at, for all who ask."""
OFF = "off"


@dataclass(frozen=True, slots=True)
class Law:
    """What decides at a moment: the policies and waivers in force, and which virtual repositories hold which others."""

    generation: str
    policies: tuple[Policy, ...]
    waivers: tuple[Waiver, ...]
    holders: Mapping[str, frozenset[str]]
    """For each repository its key and the keys of the virtual ones that have it as a member."""

    def within(self, key: str) -> frozenset[str]:
        """The repositories whose policies hold for what stands in that one."""
        return self.holders.get(key, frozenset({key}))

    def governs(self, key: str) -> tuple[Policy, ...]:
        """The policies that hold for what stands in that repository."""
        return tuple(policy for policy in self.policies if policy.applies_to(self.within(key)))


class Firewall:
    """Reports, dossiers and decisions that were used lately, the law in force, and the crew that scans."""

    def __init__(self, settings: Settings) -> None:
        self.is_blind = settings.scanning == OFF
        """Whether nothing is scanned: then nothing has a report, and rules that ask for one refuse."""
        self.limits = Limits(seconds=float(settings.scan_seconds), bytes_unpacked=settings.scan_unpacked_bytes)
        self.crew = Crew(settings.scan_workers, settings.scan_memory_bytes)
        self.record = Record()
        self.reports: Recent[Report] = Recent(REMEMBERED_FINDINGS, lambda report: 1 + len(report.findings))
        # As long as a scan may take: such files never have more than half of the crew's time.
        self.failed: Recent[Report] = Recent(10_000, seconds=max(FAILED_SECONDS, self.limits.seconds))
        self.dossiers: Recent[Dossier] = Recent(REMEMBERED_PATHS, lambda dossier: 1 + len(dossier.paths))
        self.unsettled: Recent[Dossier] = Recent(
            REMEMBERED_PATHS, lambda dossier: 1 + len(dossier.paths), seconds=DECISION_SECONDS
        )
        """Dossiers of packages that not all is known of: another try may do better, but not at every request."""
        self.written: Recent[Written] = Recent(
            REMEMBERED_PATHS, lambda written: 1 + len(written.pages), seconds=WRITTEN_SECONDS
        )
        """What the same files said at another commit of the package."""
        self.decisions: Recent[Decision] = Recent(10_000, seconds=DECISION_SECONDS)
        self.glimpsed: Recent[bool] = Recent(10_000, seconds=GLIMPSED_SECONDS)
        self.looking: dict[str, tuple[asyncio.Task[Report], float]] = {}
        """What is being scanned right now, or waits for that, by what it is, and since when."""
        self.room = asyncio.Semaphore(MOST_LOOKS)
        """Room for what waits: it outlives the requests that asked for it, which cost next to nothing."""
        self.compiling: dict[tuple[int, str, bool], asyncio.Task[Dossier]] = {}
        """Dossiers that are being made, by package, commit, and whether base models are asked for."""
        self.preparing: dict[tuple[int, str], tuple[asyncio.Task[None], float]] = {}
        """Packages whose files are looked at before anybody asks for them, by package and commit, and since when."""
        self._law: Law | None = None
        self._looked_at = float("-inf")
        self._changes = 0

    async def law(self, database: Database) -> Law:
        """The law in force; what another process changed is noticed within a second."""
        if self._law is None or time.monotonic() - self._looked_at > LAW_SECONDS:
            changes, began = self._changes, time.monotonic()
            found = _law(await database.read(law.read, datetime.now(UTC)), self._law)
            if changes != self._changes:
                return found  # good for who asked before the change, and for nobody else
            self._law, self._looked_at = found, began
        return self._law

    def look_again(self) -> None:
        """Something changed here that decides: nothing that was decided before counts any more."""
        self._looked_at = float("-inf")
        self._changes += 1

    async def close(self) -> None:
        """End what is under way; it is taken up again another time."""
        looking = [task for task, _ in self.looking.values()]
        preparing = [task for task, _ in self.preparing.values()]
        for task in (*looking, *preparing, *self.compiling.values()):
            task.cancel()
        await self.crew.close()


def _law(said: Statutes, before: Law | None) -> Law:
    holders, waivers = _holders(said.repositories), tuple(said.waivers)
    if before is not None and before.generation == said.generation:
        return replace(before, holders=holders, waivers=waivers)
    policies = tuple(replace(parse(row.text), version=row.version) for row in said.policies)
    return Law(said.generation, policies, waivers, holders)


def _holders(rows: list[RepositoryRow]) -> dict[str, frozenset[str]]:
    holders = {row.key.text: {row.key.text} for row in rows}
    for row in rows:
        if row.kind is Kind.VIRTUAL:
            for member in row.members:
                holders.setdefault(member.text, {member.text}).add(row.key.text)
    return {key: frozenset(keys) for key, keys in holders.items()}
