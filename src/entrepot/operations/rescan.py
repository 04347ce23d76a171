"""Rescan: look again at what an earlier scanner looked at, and for the first time at what nobody has."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from entrepot.catalog import reports
from entrepot.domain.content import Blob
from entrepot.domain.errors import EntrepotError
from entrepot.domain.report import Verdict
from entrepot.operations.inspection.inspect import inspect
from entrepot.operations.inspection.version import scanner_version
from entrepot.operations.registry import Registry

BATCH = 100
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Rescanned:
    """What a run has done."""

    looked_at: int = 0
    malicious: int = 0
    failed: int = 0


async def rescan(registry: Registry, progress: Callable[[Rescanned], None] = lambda _: None) -> Rescanned:
    """Every stored file has a report of this scanner; new verdicts count at once, for what was let in before, too.

    Safe to end at any time and to run twice: what has a report by then is not looked at again.
    """
    done = Rescanned()
    if registry.firewall.is_blind:
        return done
    after = 0
    while batch := await registry.database.read(reports.outdated, scanner_version(), after, BATCH):
        for one in batch:
            await _look(registry, one.blob, one.name, done)
            progress(done)
        after = batch[-1].number
    after = 0
    while blobs := await registry.database.read(reports.unseen, after, BATCH):
        for blob in blobs:
            await _look(registry, blob, "", done)
            progress(done)
        after = blobs[-1].id
    return done


async def _look(registry: Registry, blob: Blob, name: str, done: Rescanned) -> None:
    try:
        report = await inspect(registry, blob, name, patient=True)
    except (EntrepotError, OSError) as error:
        log.warning("a stored file could not be looked at", extra={"digest": blob.digest.hex, "error": str(error)})
        done.failed += 1
        return
    done.looked_at += 1
    done.failed += not report.scanner
    if report.verdict is Verdict.MALICIOUS:
        done.malicious += 1
        log.warning("a stored file is malicious", extra={"digest": blob.digest.hex, "file": name})
