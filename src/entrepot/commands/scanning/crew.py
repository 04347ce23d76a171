"""Who looks at the files: this process, or several that share the work."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from entrepot.commands.scanning.targets import Target
from entrepot.domain.report import Coverage, Report, Unread
from entrepot.domain.scanned import ScannedFile
from entrepot.scan.engine import FAULT, SCANNER, Scanner
from entrepot.scan.source import FileSource, Unavailable

if TYPE_CHECKING:
    from concurrent.futures import Future

WORTH_SHARING = 100
"""MiB, or so many times 25 files, from which on further processes earn what it costs to start them."""
_SHARE = 32
"""Files handed to a process at once, at most: enough to make the handing over cheap."""
_SHARE_BYTES = 2 << 20
"""And bytes: at the end, one process waits for what another has left of its share."""
_FIRST_BYTES = 1 << 20


def look_at(target: Target, scanner: Scanner) -> ScannedFile:
    """The report on one file of this machine; what can't be opened is an error in it."""
    if target.error:
        return not_looked_at(target.path, target.error)
    try:
        with FileSource(target.path) as source:
            return with_fault(target.path, scanner.scan(target.path, source))
    except OSError as error:
        return not_looked_at(target.path, f"can't be opened: {error.strerror or error}")
    except Unavailable as error:
        return not_looked_at(target.path, f"can't be read: {error}")


def not_looked_at(path: str, why: str) -> ScannedFile:
    """A file of which nothing was read."""
    return ScannedFile(path, Report(SCANNER, Coverage.NONE, unread=(Unread(why),)), why)


def with_fault(path: str, report: Report) -> ScannedFile:
    """The file, with an error where the scanner itself failed on it."""
    faults = [unread.reason for unread in report.unread if unread.reason.startswith(FAULT)]
    return ScannedFile(path, report, faults[0] if faults else None)


def processes_for(targets: Sequence[Target], asked: int | None) -> int:
    """How many processes to use: as many as were asked for, or else as many as pay."""
    if asked is not None:
        return max(1, min(asked, len(targets)))
    work = len(targets) // 25 + (sum(target.size for target in targets) >> 20)
    return 1 if len(targets) < 2 or work < WORTH_SHARING else min(os.cpu_count() or 1, len(targets), 16)


def look_at_all(
    targets: Sequence[Target], scanner: Scanner, processes: int, done: Callable[[int], None]
) -> Iterator[ScannedFile]:
    """The files' reports in the targets' order. `done` is told each time how many more are finished."""
    if processes == 1:
        for target in targets:
            yield look_at(target, scanner)
            done(1)
        return
    yield from _shared(targets, scanner, processes, done)


def _shared(
    targets: Sequence[Target], scanner: Scanner, processes: int, done: Callable[[int], None]
) -> Iterator[ScannedFile]:
    # Loaded here: one small file must not wait for what only many files need.
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    shares = list(_shares(targets, processes))
    if sum(target.size for target in shares[0]) < _FIRST_BYTES:
        # What this loads and compiles, the others find done.
        first = shares.pop(0)
        yield from _look_at_share(first, scanner)
        done(len(first))
    with ProcessPoolExecutor(processes) as pool:
        under_way: list[Future[list[ScannedFile]]] = [pool.submit(_look_at_share, share, scanner) for share in shares]
        for share, future in zip(shares, under_way, strict=True):
            try:
                yield from future.result()
            except BrokenProcessPool:
                # The process was killed, most likely for its memory, and takes the others' work with it.
                why = "the process that looked at it, or at a file beside it, was killed; try --jobs 1"
                yield from (not_looked_at(target.path, why) for target in share)
            done(len(share))


def _look_at_share(share: Sequence[Target], scanner: Scanner) -> list[ScannedFile]:
    return [look_at(target, scanner) for target in share]


def _shares(targets: Sequence[Target], processes: int) -> Iterator[list[Target]]:
    most = max(1, min(_SHARE, len(targets) // (processes * 4) or 1))
    share: list[Target] = []
    size = 0
    for target in targets:
        share.append(target)
        size += target.size
        if len(share) >= most or size >= _SHARE_BYTES:
            yield share
            share, size = [], 0
    if share:
        yield share
