"""Forecast: what would be decided of a package's files, by what is known of them now. Listings show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entrepot.domain.content import File, Folder
from entrepot.domain.decision import ALLOWED, Decision
from entrepot.domain.names import FilePath
from entrepot.domain.report import Report
from entrepot.operations.browse import View
from entrepot.operations.gate import foretell
from entrepot.operations.inspection.inspect import known_reports
from entrepot.operations.judge import is_indifferent
from entrepot.operations.registry import Registry


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of one file: its report and the decision that follows; None where nobody has looked yet."""

    report: Report | None
    decision: Decision | None

    @property
    def passes(self) -> bool:
        """Whether it is known that the file would be let out."""
        return self.decision is not None and not self.decision.effect.refuses


NOT_ASKED = Outlook(None, ALLOWED)


async def outlooks(registry: Registry, here: View, items: Sequence[File | Folder]) -> Mapping[FilePath, Outlook]:
    """The outlook of each file; of a thousand files in a few questions to the catalog."""
    files = [item for item in items if isinstance(item, File)]
    if await is_indifferent(registry, here.case):
        if not registry.firewall.is_blind:
            return {file.path: NOT_ASKED for file in files}
        # Not by what is in them, which nobody looks at; a policy may refuse them for that, or by their names.
        return {file.path: Outlook(None, await foretell(registry, here.case.of(file), None)) for file in files}
    known = await known_reports(registry, here.repository, files)
    return {
        file.path: Outlook(report, await foretell(registry, here.case.of(file), report) if report else None)
        for file, report in zip(files, known, strict=True)
    }
