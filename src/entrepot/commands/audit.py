"""The record of decisions: who asked for what, and what was decided."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import click

from entrepot.commands import plain
from entrepot.commands.asking import Server, find, server_options
from entrepot.commands.output import csv_cell, show

COLUMNS = ("at", "effect", "actor", "package", "path", "rule", "door", "address", "reason")
EVERYTHING = (
    *("number", "id", "at", "actor", "token", "address", "client", "door", "repository", "package", "commit"),
    *("path", "size", "digest", "effect", "downloaded", "rule", "policy", "reason", "milliseconds", "hash"),
)
PAGE = 1000


@click.group("audit", invoke_without_command=True)
@click.option("--since", default="", help="From when on: 7d, 12h, or a date.")
@click.option("--until", default="", help="Until when.")
@click.option("--blocked", is_flag=True, help="Only what was blocked or held.")
@click.option("--downloads", is_flag=True, help="Only what let bytes out.")
@click.option("--package", default="", help="Only this package: org/name, or dataset/org/name.")
@click.option("--repository", default="", help="Only this repository.")
@click.option("--actor", default="", help="Only what this user asked for.")
@click.option("--digest", default="", help="Only these bytes, by SHA-256: who downloaded them, with --downloads.")
@click.option("--rule", default="", help="Only what this rule decided.")
@click.option("--limit", type=int, default=100, show_default=True, help="How many, the newest first; 0 for all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@server_options
@click.pass_context
def audit(
    context: click.Context, /, as_json: bool, as_csv: bool, server: str | None, token: str | None, **wanted: Any
) -> None:
    """List decisions: who asked for what, what was decided, by which rule.

    \b
    Examples:
      entrepot audit --blocked --since 7d
      entrepot audit --downloads --digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      entrepot audit --since 30d --limit 0 --csv > decisions.csv
      entrepot audit verify
    """
    if context.invoked_subcommand is not None:
        return
    limit = wanted.pop("limit")
    lines = _pages(find(server, token), wanted, limit)
    if as_json:
        for line in lines:
            click.echo(json.dumps(line))
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(EVERYTHING)
        writer.writerows([csv_cell(line.get(name)) for name in EVERYTHING] for line in lines)
    else:
        show(list(lines), COLUMNS, as_json=False, empty="No decisions.")


def _pages(server: Server, wanted: Mapping[str, Any], limit: int) -> Iterator[dict[str, Any]]:
    query = {name: "true" if value is True else value for name, value in wanted.items() if value}
    before, left = 0, limit or float("inf")
    while left > 0:
        page = {**query, "limit": int(min(PAGE, left)), "before": before}
        said = server.ask("GET", f"/decisions?{urlencode(page)}")
        yield from said["decisions"]
        left -= len(said["decisions"])
        before = said["before"]
        if not before:
            return


@audit.command("show")
@click.argument("decision")
@server_options
def one(decision: str, server: str | None, token: str | None) -> None:
    """Print one decision with its trace: every rule that was looked at, and what its conditions read.

    \b
    Example:
      entrepot audit show 3f2a9c0d11e0b7aa
    """
    click.echo(json.dumps(find(server, token).ask("GET", f"/decisions/{decision.rpartition('/')[2]}"), indent=2))


@audit.command("verify")
@server_options
def verify(server: str | None, token: str | None) -> None:
    """Check that nobody has changed the record: each row is hashed together with the one before it.

    Exit code: 0 it is as it was written, 1 it is not.

    \b
    Example:
      entrepot audit verify
    """
    found = find(server, token).ask("GET", "/decisions/verify")
    for line in found["broken"]:
        click.echo(plain(line))
    click.echo("The record is as it was written." if found["holds"] else "The record was changed.")
    sys.exit(0 if found["holds"] else 1)


COMMAND = audit
