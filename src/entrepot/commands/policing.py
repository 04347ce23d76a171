"""The parts of `entrepot policy` that ask a server: what is in force, what would be, and what decides from now on."""

import json
from pathlib import Path
from urllib.parse import quote

import click

from entrepot.commands import plain
from entrepot.commands.asking import find, server_options
from entrepot.commands.output import as_json_option, show

IN_FORCE = ("name", "version", "repositories", "rules", "uploads", "applied_by", "applied_at")
AFFECTED = ("effect", "actor", "package", "path", "rule", "times", "last_at", "reason")
_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.command("apply")
@click.argument("file", type=_FILE)
@click.option("--note", default="", help="Why; it is kept with the version.")
@as_json_option
@server_options
def apply(file: Path, note: str, as_json: bool, server: str | None, token: str | None) -> None:
    """Put a policy in force, as the next version of its name.

    A policy that can't be read is refused with line and reason, and the one in force stays.

    \b
    Example:
      entrepot policy apply my-policy.toml --note "licensed models only, see ticket 17"
    """
    body = {"text": file.read_text(), "note": note}
    made = find(server, token).ask("POST", "/policies", body)
    if as_json:
        click.echo(json.dumps(made, indent=2))
        return
    click.echo(plain(f"{made['name']}@{made['version']} is in force for {', '.join(made['repositories'])}."))


@click.command("list")
@as_json_option
@server_options
def listed(as_json: bool, server: str | None, token: str | None) -> None:
    """List the policies in force.

    \b
    Example:
      entrepot policy list
    """
    rows = find(server, token).ask("GET", "/policies")["policies"]
    if not as_json:
        rows = [row | {"rules": len(row["rules"])} for row in rows]
    show(rows, IN_FORCE, as_json=as_json, empty="No policy is in force: everything is allowed.")


@click.command("show")
@click.argument("name")
@click.option("--version", type=int, help="An earlier version; without it, the newest.")
@as_json_option
@server_options
def shown(name: str, version: int | None, as_json: bool, server: str | None, token: str | None) -> None:
    """Print a policy's text.

    \b
    Examples:
      entrepot policy show default
      entrepot policy show default --version 3 > before.toml
    """
    rows = find(server, token).ask("GET", f"/policies/{quote(name, safe='')}", keeps_lines=True)["versions"]
    row = next((row for row in rows if version in (None, row["version"])), None)
    if row is None:
        raise click.UsageError(f"{name} has no version {version}; it has 1 to {rows[0]['version']}")
    click.echo(json.dumps(row, indent=2) if as_json else row["text"] or f"{name} was taken back.", nl=not row["text"])


@click.command("remove")
@click.argument("name")
@server_options
def remove(name: str, server: str | None, token: str | None) -> None:
    """Take a policy back; its versions stay to be read.

    \b
    Example:
      entrepot policy remove trial
    """
    find(server, token).ask("DELETE", f"/policies/{quote(name, safe='')}")
    click.echo(plain(f"{name} decides nothing any more."))


@click.command("simulate")
@click.argument("file", type=_FILE)
@click.option("--since", default="30d", help="From when on requests are looked at: 30d, 12h, or a date.")
@as_json_option
@server_options
def simulate(file: Path, since: str, as_json: bool, server: str | None, token: str | None) -> None:
    """Say whom and what a policy would have met, by the requests that were recorded. Changes nothing.

    \b
    Examples:
      entrepot policy simulate my-policy.toml
      entrepot policy simulate my-policy.toml --since 7d --json
    """
    found = find(server, token).ask("POST", "/policies/simulate", {"text": file.read_text(), "since": since})
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    show(found["affected"], AFFECTED, as_json=False, empty="Nobody would have been refused or warned.")
    more = "" if found["complete"] else "; older requests of that time were not looked at"
    click.echo(
        f"Of {found['requests']:,} requests, {found['refused']:,} by {found['people']:,} people would have been "
        f"refused, and {found['warned']:,} answered with a warning{more}."
    )


COMMANDS = (apply, listed, shown, remove, simulate)
