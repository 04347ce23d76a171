"""One run of `entrepot scan`: from what was typed to the result and the exit code.

Loaded without click, and loads the rest when it is needed: one small file must not wait for what it does without.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module

from entrepot.commands import Failed
from entrepot.commands.scanning import crew
from entrepot.commands.scanning.targets import ADDRESSES, STDIN, Target, local_targets
from entrepot.domain.report import Coverage, Severity
from entrepot.domain.scanned import Scanned, ScannedFile
from entrepot.exports import DRAWER, Export
from entrepot.scan.budget import Limits
from entrepot.scan.engine import HASHED, SCANNER, UNHASHED, Scanner

NOTHING_FOUND, FOUND, FAILED, NOTHING_TO_SCAN = 0, 1, 2, 3


class Wishes:
    """What the options say; without any, as people mostly call it."""

    __slots__ = ("exclude", "fail_on", "families", "form", "hash_all", "jobs", "output", "seconds", "strict")

    def __init__(self) -> None:
        self.form = "text"
        self.output: str | None = None
        self.fail_on = Severity.LOW
        self.strict = False
        self.jobs: int | None = None
        self.exclude: tuple[str, ...] = ()
        self.families: tuple[str, ...] = ()
        self.hash_all = False
        self.seconds = Limits().seconds


def scan(paths: Sequence[str], wishes: Wishes) -> int:
    """The exit code, once the result is written. Raises `Wrong`, `Failed` and `OSError`."""
    if wishes.families:
        from entrepot.commands.scanning.catalog import check_families

        check_families(wishes.families)
    export: Export = import_module(f"{DRAWER}.{wishes.form}").EXPORT
    # A digest that nobody is shown is not worth a second look at every byte.
    hashed = None if wishes.hash_all else HASHED if export.shows_digests else UNHASHED
    scanner = Scanner(Limits(seconds=wishes.seconds), frozenset(wishes.families), hashed)
    began = datetime.now(UTC)
    fetched: list[int] = []
    files = list(_files(paths, wishes, scanner, fetched))
    scanned = Scanned(SCANNER, began, files, sum(fetched) if fetched else None)
    _write(scanned, export, wishes.output)
    return _exit_code(scanned, wishes.fail_on, strict=wishes.strict)


def _files(paths: Sequence[str], wishes: Wishes, scanner: Scanner, fetched: list[int]) -> Iterator[ScannedFile]:
    """The files in the order in which they were typed."""
    batch: list[str] = []
    for path in (*paths, None):
        if path is not None and path != STDIN and not path.startswith(ADDRESSES):
            batch.append(path)
            continue
        yield from _local(list(local_targets(batch, wishes.exclude)), scanner, wishes.jobs)
        batch = []
        if path == STDIN:
            yield _standard_input(scanner)
        elif path is not None:
            from entrepot.commands.scanning.elsewhere import look_elsewhere

            yield from look_elsewhere(path, scanner, wishes.exclude, fetched)


def _local(targets: list[Target], scanner: Scanner, jobs: int | None) -> Iterator[ScannedFile]:
    processes = crew.processes_for(targets, jobs)
    if len(targets) < 2:
        yield from crew.look_at_all(targets, scanner, processes, lambda _: None)
        return
    from entrepot.commands.scanning import progress

    with progress.shown(len(targets)) as done:
        yield from crew.look_at_all(targets, scanner, processes, done)


def _standard_input(scanner: Scanner) -> ScannedFile:
    from entrepot.scan.source import Unpacked

    pieces = iter(lambda: sys.stdin.buffer.read(1 << 20), b"")
    return crew.with_fault(STDIN, scanner.scan(STDIN, Unpacked(pieces)))


def _write(scanned: Scanned, export: Export, output: str | None) -> None:
    if output is None:
        colors = sys.stdout.isatty()
        for piece in export.render(scanned, colors):
            sys.stdout.write(piece)
        return
    try:
        with open(output, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(export.render(scanned, False))
    except OSError as error:
        raise Failed(f"{output} can't be written: {error.strerror}") from None
    findings = len(scanned.findings())
    sys.stderr.write(f"{len(scanned.files)} files scanned, {findings} findings: {output}\n")


def _exit_code(scanned: Scanned, fail_on: Severity, *, strict: bool) -> int:
    if scanned.findings(fail_on):
        return FOUND
    if strict and any(file.report.coverage is not Coverage.FULL for file in scanned.files):
        return FOUND
    if any(file.error for file in scanned.files):
        return FAILED
    if not any(file.report.formats for file in scanned.files):
        return NOTHING_TO_SCAN
    return NOTHING_FOUND
