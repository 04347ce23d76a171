"""What is in use: models with licenses, verdicts, people and approvals."""

import csv
import json
import sys
from typing import Any
from urllib.parse import urlencode

import click

from entrepot.commands import Wrong
from entrepot.commands.asking import find, server_options
from entrepot.commands.output import csv_cell, show, size

COLUMNS = ("package", "commit", "source", "licenses", "verdict", "files", "bytes", "people", "last_at", "waivers")
EVERYTHING = (
    *("repository", "source", "package", "commit", "licenses", "licensed_by", "inherited_licenses"),
    *("license_conflicts", "base_models", "verdict", "files", "bytes", "people", "first_at", "last_at", "waivers"),
)


@click.command("inventory")
@click.option("--since", default="90d", show_default=True, help="From when on: 90d, 12h, or a date.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--cyclonedx", "as_bill", is_flag=True, help="Print a bill of materials in CycloneDX 1.6.")
@server_options
def inventory(since: str, server: str | None, token: str | None, **wanted: bool) -> None:
    """List what is in use: each package and commit that was taken, under which license, by whom, who approved.

    \b
    Examples:
      entrepot inventory
      entrepot inventory --since 365d --csv > models.csv
      entrepot inventory --since 2026-01-01 --cyclonedx > bom.json
    """
    if sum(wanted.values()) > 1:
        raise Wrong("choose one of --json, --csv and --cyclonedx")
    asked = find(server, token)
    said = asked.ask("GET", f"/inventory?{urlencode({'since': since})}")
    if wanted["as_json"]:
        click.echo(json.dumps(said, indent=2))
    elif wanted["as_csv"]:
        _print_csv(said["items"])
    elif wanted["as_bill"]:
        # Loaded here: only this way knows licenses.
        from entrepot.commands.bill_of_models import bill

        click.echo(json.dumps(bill(said["items"], asked.url), indent=1))
    else:
        show([_row(item) for item in said["items"]], COLUMNS, as_json=False, empty="Nothing was taken in that time.")
    if not said["complete"]:
        click.echo("This is not everything: choose a shorter time with --since.", err=True)


def _print_csv(items: list[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(EVERYTHING)
    for item in items:
        shown = item | {"waivers": _waivers(item)}
        writer.writerow([csv_cell(shown.get(name)) for name in EVERYTHING])


def _row(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"commit": item["commit"][:12], "bytes": size(item["bytes"]), "waivers": _waivers(item)}


def _waivers(item: dict[str, Any]) -> list[str]:
    return [f"{one['id']} by {one['granted_by']} until {one['expires_at'][:10]}" for one in item["waivers"]]


COMMAND = inventory
