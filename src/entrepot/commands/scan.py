"""Is it dangerous? Files, folders and packages elsewhere, looked at without running anything."""

import sys

import click

from entrepot.commands import Wrong
from entrepot.commands.scanning import run
from entrepot.domain.report import Severity

FORMATS = ("text", "json", "sarif", "html", "junit", "cyclonedx")


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
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0.1),
    default=600.0,
    show_default=True,
    help="Seconds for one file.",
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
        sys.exit(run.scan(paths, _wishes(options)))


def _print_what_is_known(explain: str | None, *, rules: bool) -> None:
    from entrepot.commands.scanning import catalog

    click.echo(catalog.explained(explain) if explain else catalog.rules() if rules else catalog.formats(), nl=False)


def _wishes(options: dict[str, object]) -> run.Wishes:
    wishes = run.Wishes()
    for name, value in options.items():
        if name in run.Wishes.__slots__:
            setattr(wishes, name, value)
    wishes.fail_on = Severity(wishes.fail_on)
    return wishes


COMMAND = scan
