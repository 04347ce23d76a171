"""Look again at what is stored."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from entrepot.commands.opening import data_options, with_registry
from entrepot.operations.rescan import Rescanned, rescan


@click.command("rescan")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_options
def rescan_(as_json: bool, data: str | None, file: Path | None) -> None:
    """Look at every stored file that this version of the scanner has not seen. A server may be running.

    Servers do the same by themselves now and then; new verdicts count at once.

    \b
    Examples:
      entrepot rescan
      entrepot rescan --data /srv/entrepot --json
    """

    def tell(done: Rescanned) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done.looked_at:,} files looked at", err=True, nl=False)

    done = with_registry(data, file, lambda registry: rescan(registry, tell))
    if sys.stderr.isatty():
        click.echo("", err=True)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    click.echo(f"Looked at {done.looked_at:,} files; malicious: {done.malicious:,}; failed: {done.failed:,}.")


COMMAND = rescan_
