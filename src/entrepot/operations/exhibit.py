"""Exhibit: a package at a revision as its page shows it, also where policy refuses it. Names and reports, no bytes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entrepot.catalog.repositories import Kind
from entrepot.domain.content import File, Folder, Package, Revision
from entrepot.domain.decision import Decision
from entrepot.domain.errors import EntrepotError, Held
from entrepot.domain.names import FilePath, RepositoryKey
from entrepot.domain.report import Report, Verdict
from entrepot.operations import browse
from entrepot.operations.browse import Question, View
from entrepot.operations.case import Case
from entrepot.operations.forecast import NOT_ASKED, Outlook
from entrepot.operations.gate import foretell
from entrepot.operations.inspection.inspect import known_reports
from entrepot.operations.judge import is_indifferent, judge_package
from entrepot.operations.registry import Registry

TOLD_SECONDS = 2.0
"""How long a page waits for what an upstream says of last commits."""
MAX_FILES = 5000
"""Of more files no reports are gathered; the rest counts as not read."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What a page about a package is made of."""

    asked: RepositoryKey
    """The repository in which it was asked for; for a virtual one, not the one that holds it."""
    case: Case
    decision: Decision | None
    """What policy says of the package; None while somebody still looks at the files that decide it."""
    files: Sequence[File]
    reports: Mapping[FilePath, Report]
    """What the present scanner says, of the files that it has looked at."""

    @property
    def package(self) -> Package:
        """The package, by its present name."""
        return self.case.revision.package

    @property
    def revision(self) -> Revision:
        """The revision that the ref leads to."""
        return self.case.revision

    @property
    def is_local(self) -> bool:
        """Whether its files came by upload, not from an upstream."""
        return self.case.repository.row.kind is Kind.LOCAL

    @property
    def refuses(self) -> bool:
        """Whether policy keeps the package from the visitor."""
        return self.decision is not None and self.decision.effect.refuses

    @property
    def verdict(self) -> Verdict:
        """The worst that is known of a file; clean only where every file was read."""
        found = {report.verdict for report in self.reports.values()}
        for verdict in (Verdict.MALICIOUS, Verdict.SUSPICIOUS):
            if verdict in found:
                return verdict
        is_all = len(self.reports) == len(self.files)
        return Verdict.CLEAN if is_all and self.files and Verdict.UNKNOWN not in found else Verdict.UNKNOWN

    @property
    def formats(self) -> list[str]:
        """What the files are, as far as they were looked at, by name."""
        return sorted({name for report in self.reports.values() for name in report.formats})

    @property
    def logical(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def unique(self) -> int:
        """Bytes of all contents, each once."""
        return sum({file.etag: file.size for file in self.files}.values())

    def file(self, path: str) -> File | None:
        """The file at that path."""
        return next((file for file in self.files if file.path.text == path), None)


async def exhibit(registry: Registry, asked: Question, ref: str) -> Exhibit:
    """The exhibit, for somebody who may read the package; raises `NotFound`, and what asking upstream raises."""
    here = await browse.place(registry, asked.key, asked.name, asked.actor)
    revision = await here.repository.revision(here.package.name, ref)
    case = Case(here.repository, revision, asked.actor, asked.door)
    files = await browse.files(View(case))
    reports = await reports_of(registry, case, files)
    return Exhibit(asked.key, case, await _decided(registry, case), files, reports)


async def reports_of(registry: Registry, case: Case, files: Sequence[File]) -> dict[FilePath, Report]:
    """What the present scanner says of the files; those that nobody has looked at are left out."""
    some = files[:MAX_FILES]
    known = await known_reports(registry, case.repository, some)
    return {file.path: report for file, report in zip(some, known, strict=True) if report is not None}


async def _decided(registry: Registry, case: Case) -> Decision | None:
    try:
        return await judge_package(registry, case)
    except Held:
        return None


async def outlook(registry: Registry, shown: Exhibit, file: File) -> Outlook:
    """What would be decided of one file, by what is known of it now. Nothing is written down."""
    report = shown.reports.get(file.path)
    if await is_indifferent(registry, shown.case):
        return Outlook(report, NOT_ASKED.decision)
    try:
        return Outlook(report, await foretell(registry, shown.case.of(file), report))
    except Held:
        return Outlook(report, None)


async def last_changes(shown: Exhibit, folder: str, paths: Sequence[str]) -> dict[str, Revision]:
    """The commit that made each file or folder what it is, of some that stand in a folder.

    Of a package from an upstream it is what that tells, and within a moment: nobody waits for it with the page.
    """
    if not paths:
        return {}
    if shown.is_local:
        # A folder's own id is not asked for: commits are compared by path.
        items = [Folder(FilePath(path), shown.revision.commit) for path in paths]
        found: Mapping[FilePath, Revision] = await browse.last_commits(View(shown.case), items)
    else:
        found = await _told(shown, FilePath(folder) if folder else None)
    wanted = set(paths)
    return {path.text: revision for path, revision in found.items() if path.text in wanted}


async def _told(shown: Exhibit, folder: FilePath | None) -> Mapping[FilePath, Revision]:
    try:
        async with asyncio.timeout(TOLD_SECONDS):
            return await shown.case.repository.last_changes(shown.revision, folder) or {}
    except (EntrepotError, TimeoutError):
        return {}  # the answer is kept when it comes: the next who looks has it
