"""Check how the registry of this machine is set up."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from entrepot.commands.opening import data_options, with_registry
from entrepot.commands.output import show
from entrepot.operations.doctor import Finding, examine_here

MARKS = {Finding.GOOD: "●", Finding.WARNING: "▲", Finding.BAD: "■"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--strict", is_flag=True, help="Let warnings fail, too.")
@data_options
def doctor(as_json: bool, strict: bool, data: str | None, file: Path | None) -> None:
    """Check the set-up against a hardening list, and say what to change. A server may be running.

    Exit code: 0 nothing is bad, 1 something is.

    \b
    Examples:
      entrepot doctor
      entrepot doctor --data /srv/entrepot --strict
    """
    found = with_registry(data, file, examine_here)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        rows = [
            {"check": one.name, "": f"{MARKS[one.finding]} {one.finding}", "what": one.what, "to_do": one.advice}
            for one in found
        ]
        show(rows, ("check", "", "what", "to_do"), as_json=False, empty="")
    failing = {Finding.BAD, Finding.WARNING} if strict else {Finding.BAD}
    sys.exit(1 if any(one.finding in failing for one in found) else 0)


COMMAND = doctor
