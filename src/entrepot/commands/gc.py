"""Free the bytes that nobody names."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from entrepot.commands.opening import data_options, with_registry
from entrepot.commands.output import size
from entrepot.operations.collect import collect


@click.command("gc")
@click.option("--dry-run", is_flag=True, help="Say what would be freed, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_options
def gc(dry_run: bool, as_json: bool, data: str | None, file: Path | None) -> None:
    """Free the bytes that nobody names. A server may be running.

    \b
    Examples:
      entrepot gc --dry-run
      entrepot gc --data /srv/entrepot --json
    """
    done = with_registry(data, file, lambda registry: collect(registry, dry_run=dry_run))
    if as_json:
        click.echo(json.dumps(asdict(done) | {"dry_run": dry_run}, indent=2))
        return
    verb = "Would free" if dry_run else "Freed"
    click.echo(f"{verb} {size(done.bytes)} ({done.bytes:,} bytes) in {done.blobs:,} blobs and {done.xorbs:,} xorbs.")
    click.echo(f"Packages looked through: {done.packages:,}; revisions that no ref led to: {done.revisions:,}.")
    if done.leftover_bytes or done.flight_bytes:
        click.echo(f"Left by broken transfers: {size(done.leftover_bytes + done.flight_bytes)}.")


COMMAND = gc
