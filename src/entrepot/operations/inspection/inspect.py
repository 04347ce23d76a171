"""Inspect: the report on bytes, from memory, from the catalog, or by looking now."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from entrepot.blobs.threads import in_thread
from entrepot.catalog import reports
from entrepot.domain.content import Blob, File, Revision
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Held, NotFound, NotReady, UpstreamError
from entrepot.domain.report import UNREAD, Report
from entrepot.operations.firewall import Firewall
from entrepot.operations.inspection.contents import BytesContent, StoredContent, UpstreamContent
from entrepot.operations.inspection.crew import Task
from entrepot.operations.inspection.version import scanner_version
from entrepot.operations.registry import Registry
from entrepot.operations.stored import stored
from entrepot.repositories import Repository
from entrepot.scan.budget import Limits
from entrepot.scan.sample import LEFT

PATIENCE_SECONDS = 8.0
"""How long a request waits for a report; clients give up after ten seconds without a byte."""
LONGEST_HOLD = 60
"""Seconds after which a client that waits should ask again, at most."""
CROWDED_SECONDS = 30
"""When whoever finds no room to wait should ask again."""
SMALL = 1 << 20
"""What is not larger is fetched and scanned whole rather than peeked at: that is one request too."""
PEEK_SECONDS = 6.0
PEEK_BYTES = 4 << 20
"""What a verdict may cost before a file flows: headers, directories and pickles of most files take far less."""
PEEK_LIMITS = Limits(bytes_read=64 << 20, bytes_unpacked=256 << 20, seconds=PEEK_SECONDS)

log = logging.getLogger(__name__)


async def known_report(registry: Registry, repository: Repository, file: File) -> Report | None:
    """What this scanner version says of a file, where it has looked at its bytes, here or where they lie upstream."""
    for subject in _subjects(repository, file):
        if (report := await _known(registry, subject)) is not None:
            return report
    return None


async def report_on(registry: Registry, digest: Digest, name: str) -> Report | None:
    """What this scanner version says of bytes that are, or were, here, as a file of that name."""
    return await _known(registry, reports.of_bytes(digest, name))


async def known_reports(registry: Registry, repository: Repository, files: Sequence[File]) -> list[Report | None]:
    """The same for many files, in their order, with few questions to the catalog."""
    wanted = [_subjects(repository, file) for file in files]
    missing = {subject for subjects in wanted for subject in subjects if registry.firewall.reports.get(subject) is None}
    found = await registry.database.read(reports.find_many, sorted(missing), scanner_version()) if missing else {}
    for subject, report in found.items():
        registry.firewall.reports.put(subject, report)

    def of(subjects: Sequence[str]) -> Report | None:
        known = (found.get(subject) or registry.firewall.reports.get(subject) for subject in subjects)
        return next((report for report in known if report is not None), None)

    return [of(subjects) for subjects in wanted]


def _subjects(repository: Repository, file: File) -> list[str]:
    if file.blob is not None:
        return [reports.of_bytes(file.blob.digest, file.path.text)]
    here = [reports.of_bytes(file.lfs, file.path.text)] if file.lfs else []
    return [*here, reports.of_upstream(repository.row.id, file)]


async def _known(registry: Registry, subject: str) -> Report | None:
    remembered = registry.firewall.reports.get(subject)
    if remembered is not None:
        return remembered
    report = await registry.database.read(reports.find, subject, scanner_version())
    if report is not None:
        registry.firewall.reports.put(subject, report)
    return report


async def _settled(registry: Registry, subject: str) -> Report | None:
    """What is known, or came of a look that failed a moment ago; None where somebody has to look now."""
    return registry.firewall.failed.get(subject) or await _known(registry, subject)


async def inspect(registry: Registry, blob: Blob, name: str, *, patient: bool = False) -> Report:
    """The report on a stored blob; where nobody has looked yet, somebody does now.

    Raises `Held` where that takes longer than a client waits; it goes on all the same, and `patient` callers wait.
    """
    if registry.firewall.is_blind:
        return UNREAD
    subject = reports.of_bytes(blob.digest, name)
    known = await _settled(registry, subject)
    if known is not None:
        return known

    async def look() -> Report:
        content = StoredContent(blob, await stored(registry, blob))
        return await _scan(registry, subject, Task(name, content, registry.firewall.limits), blob.digest.hex)

    return await _shared(registry.firewall, subject, look, None if patient else PATIENCE_SECONDS, name)


async def inspect_bytes(registry: Registry, data: bytes, name: str) -> Report:
    """The report on a small file that is in memory; raises `Held` as `inspect` does."""
    if registry.firewall.is_blind:
        return UNREAD
    digest = Digest(await in_thread(lambda: hashlib.sha256(data).hexdigest()))
    subject = reports.of_bytes(digest, name)
    known = await _settled(registry, subject)
    if known is not None:
        return known

    async def look() -> Report:
        return await _scan(registry, subject, Task(name, BytesContent(data), registry.firewall.limits), digest.hex)

    return await _shared(registry.firewall, subject, look, PATIENCE_SECONDS, name)


async def peek(
    registry: Registry, repository: Repository, revision: Revision, file: File, *, patient: bool = False
) -> Report | None:
    """What a few ranges of a file upstream say of it; None where that takes more than a glance, or can't be had.

    Raises `Held` where too many files wait to be looked at; `patient` callers wait with them.
    """
    if registry.firewall.is_blind or file.size <= SMALL:
        return None
    known = await known_report(registry, repository, file)
    subject = reports.of_upstream(repository.row.id, file)
    if known is not None or registry.firewall.glimpsed.get(subject):
        return known
    if not patient and subject not in registry.firewall.looking:
        _require_room(registry.firewall, file.path.text)

    async def look() -> Report:
        content = UpstreamContent(repository, revision, file, (PEEK_BYTES, PEEK_SECONDS))
        report = await _scan(registry, subject, Task(file.path.text, content, PEEK_LIMITS, glances=True), None)
        if report.findings and report.scanner:
            seen = reports.Glimpsed(revision.package.id, file.path.text, revision.commit.hex)
            await registry.database.write(reports.note_glimpse, subject, seen)
        return report

    try:
        report = await _shared(registry.firewall, subject, look, None, file.path.text)
        registry.firewall.glimpsed.put(subject, True)
        return report
    except (UpstreamError, NotFound, NotReady, OSError) as error:
        registry.firewall.glimpsed.put(subject, True)
        log.info("a file could not be judged by a glance", extra={"file": file.path.text, "error": str(error)})
        return None


async def _scan(registry: Registry, subject: str, task: Task, digest: str | None) -> Report:
    report = replace(await registry.firewall.crew.scan(task), sha256=digest)
    if not report.scanner:
        registry.firewall.failed.put(subject, report)
        return report  # the scanner failed: another try may do better, later
    if digest is not None or _says_something(report):
        await registry.database.write(reports.keep, subject, report)
        registry.firewall.reports.put(subject, report)
    return report


def _says_something(report: Report) -> bool:
    """Whether a glance is worth remembering: it read all that it was to read, or found a reason to worry."""
    return bool(report.findings) or all(unread.reason.endswith(LEFT) for unread in report.unread)


def _require_room(firewall: Firewall, name: str) -> None:
    if firewall.room.locked():
        raise Held(
            f"too many files wait to be inspected before {name}; ask again in {CROWDED_SECONDS} seconds",
            CROWDED_SECONDS,
        )


def _begin(firewall: Firewall, subject: str, look: Callable[[], Coroutine[Any, Any, Report]]) -> None:
    task = asyncio.ensure_future(look())
    firewall.looking[subject] = (task, time.monotonic())

    def end(_: object) -> None:
        firewall.looking.pop(subject, None)
        firewall.room.release()

    task.add_done_callback(end)


async def _shared(
    firewall: Firewall, subject: str, look: Callable[[], Coroutine[Any, Any, Report]], patience: float | None, name: str
) -> Report:
    """What one look finds, for all who ask meanwhile; it outlives them, so that there is only room for so many."""
    if subject not in firewall.looking:
        if patience is not None:
            _require_room(firewall, name)
        await firewall.room.acquire()
        if subject in firewall.looking:
            firewall.room.release()  # somebody else began while this one waited
        else:
            _begin(firewall, subject, look)
    task, since = firewall.looking[subject]
    done, _ = await asyncio.wait([task], timeout=patience)
    if not done:
        elapsed = time.monotonic() - since
        after = max(5, min(LONGEST_HOLD, round(elapsed)))
        raise Held(f"{name} is being inspected; ask again in {after} seconds", after=after)
    return task.result()
