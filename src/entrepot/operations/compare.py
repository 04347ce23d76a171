"""Compare: what differs between two revisions of a package: files, sizes, verdicts."""

from dataclasses import dataclass

from entrepot.domain.content import File, Revision
from entrepot.domain.report import Report
from entrepot.operations import browse
from entrepot.operations.browse import View
from entrepot.operations.case import Case
from entrepot.operations.exhibit import Exhibit, reports_of
from entrepot.operations.registry import Registry


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not the same in both."""

    path: str
    older: File | None
    """None where it is new."""
    newer: File | None
    """None where it is gone."""
    before: Report | None
    after: Report | None

    @property
    def word(self) -> str:
        """`added`, `removed` or `changed`."""
        return "added" if self.older is None else "removed" if self.newer is None else "changed"

    @property
    def grown(self) -> int:
        """Bytes that it has more now."""
        return (self.newer.size if self.newer else 0) - (self.older.size if self.older else 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two revisions, and what differs, by path."""

    older: Revision
    newer: Revision
    differences: tuple[Difference, ...]
    same: int
    """How many files are the same."""


async def compare(registry: Registry, shown: Exhibit, ref: str) -> Comparison:
    """What the exhibit's revision has otherwise than the one at `ref`; raises `NotFound`."""
    older = await shown.case.repository.revision(shown.package.name, ref)
    case = Case(shown.case.repository, older, shown.case.actor, shown.case.door)
    before = {file.path: file for file in await browse.files(View(case))}
    after = {file.path: file for file in shown.files}
    wanted = [path for path in sorted({*before, *after}) if _differs(before.get(path), after.get(path))]
    known = await reports_of(registry, case, [before[path] for path in wanted if path in before])
    differences = tuple(
        Difference(path.text, before.get(path), after.get(path), known.get(path), shown.reports.get(path))
        for path in wanted
    )
    return Comparison(older, shown.revision, differences, len({*before, *after}) - len(wanted))


def _differs(older: File | None, newer: File | None) -> bool:
    return older is None or newer is None or older.oid != newer.oid
