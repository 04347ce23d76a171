"""Is it dangerous? Files, folders and packages elsewhere, looked at without running anything."""

import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrepot.commands import Failed, Wrong
from entrepot.commands.scanning import crew
from entrepot.commands.scanning.targets import ADDRESSES, STDIN, Target, local_targets
from entrepot.domain.report import Coverage, Severity
from entrepot.domain.scanned import Scanned, ScannedFile
from entrepot.exports import DRAWER, Export
from entrepot.scan.budget import Limits
from entrepot.scan.engine import SCANNER, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FORMATS = ("text", "json", "sarif", "html", "junit", "cyclonedx")
NOTHING_FOUND, FOUND, FAILED, NOTHING_TO_SCAN = 0, 1, 2, 3


@click.command("scan")
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How the result is written.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, writable=True), help="Write it to a file instead.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    default=Severity.LOW.value,
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option("--strict", is_flag=True, help="What was not fully read makes the exit code 1 as well.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes that share the work; as many as pay if not given.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out what matches, by name or path.")
@click.option(
    "--with", "families", multiple=True, metavar="RULES", help="Switch on rules that are off: privacy, or one rule."
)
@click.option("--sha256", "hash_all", is_flag=True, help="Hash files of any size, not only those up to 64 MiB.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=600.0, show_default=True, help="Seconds for one file."
)
@click.option("--explain", metavar="RULE", help="What a rule finds, why it matters and what to do.")
@click.option("--list-rules", is_flag=True, help="All rules there are.")
@click.option("--list-formats", is_flag=True, help="All formats there are, and whether they can run code on loading.")
def scan(paths: tuple[str, ...], explain: str | None, **options: object) -> None:
    """Say whether model files are dangerous, without running, importing or unpickling anything.

    PATH is a file, a folder, a pattern, - for standard input, an address that is read by ranges
    (https://…), or a package on a hub: hf://org/name, hf://org/name@revision, hf://datasets/org/name
    (HF_ENDPOINT and HF_TOKEN are used as by other clients).

    Exit code: 0 nothing found, 1 findings, 2 something could not be read, 3 nothing that could be
    scanned, 4 wrong usage. "Clean" is said only of what was read in full.

    \b
    Examples:
      entrepot scan model.pt
      entrepot scan ./models --fail-on high --format sarif -o scan.sarif
      entrepot scan hf://org/name
      cat upload.bin | entrepot scan -
      entrepot scan --explain pickle.call.execution
    """
    if explain or options["list_rules"] or options["list_formats"]:
        _print_what_is_known(explain, rules=bool(options["list_rules"]))
    elif not paths:
        raise Wrong("nothing to scan was named; try entrepot scan FOLDER, or entrepot scan --help")
    else:
        sys.exit(_scan(paths, options))


def _print_what_is_known(explain: str | None, *, rules: bool) -> None:
    from entrepot.commands.scanning import catalog

    click.echo(catalog.explained(explain) if explain else catalog.rules() if rules else catalog.formats(), nl=False)


def _scan(paths: "Sequence[str]", options: dict[str, object]) -> int:
    if options["families"]:
        # Loaded here, as elsewhere in this file: one small file must not wait for what it does not need.
        from entrepot.commands.scanning.catalog import check_families

        check_families(options["families"])  # type: ignore[arg-type]
    scanner = Scanner(
        Limits(seconds=float(str(options["timeout"]))),
        frozenset(options["families"]),  # type: ignore[call-overload]
        None if options["hash_all"] else Scanner().hashed,
    )
    began = datetime.now(UTC)
    exclude = tuple(options["exclude"])  # type: ignore[arg-type, var-annotated]
    fetched: list[int] = []
    files = list(_files(paths, exclude, scanner, options["jobs"], fetched))  # type: ignore[arg-type]
    scanned = Scanned(SCANNER, began, files, sum(fetched) if fetched else None)
    _write(scanned, str(options["form"]), options["output"])
    return _exit_code(scanned, Severity(str(options["fail_on"])), strict=bool(options["strict"]))


def _files(
    paths: "Sequence[str]", exclude: tuple[str, ...], scanner: Scanner, jobs: int | None, fetched: list[int]
) -> "Iterator[ScannedFile]":
    """The files in the order in which they were typed."""
    batch: list[str] = []
    for path in (*paths, None):
        if path is not None and path != STDIN and not path.startswith(ADDRESSES):
            batch.append(path)
            continue
        yield from _local(list(local_targets(batch, exclude)), scanner, jobs)
        batch = []
        if path == STDIN:
            yield _standard_input(scanner)
        elif path is not None:
            from entrepot.commands.scanning.elsewhere import look_elsewhere

            yield from look_elsewhere(path, scanner, exclude, fetched)


def _local(targets: list[Target], scanner: Scanner, jobs: int | None) -> "Iterator[ScannedFile]":
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


def _write(scanned: Scanned, form: str, output: object) -> None:
    export: Export = import_module(f"{DRAWER}.{form}").EXPORT
    if output is None:
        colors = sys.stdout.isatty()
        for piece in export.render(scanned, colors):
            sys.stdout.write(piece)
        return
    path = Path(str(output))
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(export.render(scanned, False))
    except OSError as error:
        raise Failed(f"{path} can't be written: {error.strerror}") from None
    findings = len(scanned.findings())
    click.echo(f"{len(scanned.files)} files scanned, {findings} findings: {path}", err=True)


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


COMMAND = scan
