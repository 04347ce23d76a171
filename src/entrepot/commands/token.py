"""Tokens: made, listed, revoked."""

import json

import click

from entrepot.commands.asking import find, server_options
from entrepot.commands.output import as_json_option, show

COLUMNS = ("id", "name", "user", "scopes", "expires_at", "revoked_at", "last_used_at", "made_by", "parent")


@click.group("token")
def token_() -> None:
    """Make, list and revoke tokens.

    \b
    Examples:
      entrepot token create laptop --user ada --scope hub:read,write --days 90
      entrepot token list
      entrepot token revoke 3
    """


@token_.command("create")
@click.argument("name")
@click.option("--user", required=True, help="Whose token it is; commits carry this name.")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="REPOSITORY:ACTIONS", help="Such as hub:read.")
@click.option(
    "--days", "expires_in_days", type=float, help="For how many days it is good; without it, until it is revoked."
)
@as_json_option
@server_options
def create(as_json: bool, server: str | None, token: str | None, **body: object) -> None:
    """Make a token. Its secret is shown this once.

    \b
    Example:
      entrepot token create laptop --user ada --scope hub:read,write --days 90
    """
    made = find(server, token).ask("POST", "/tokens", body)
    click.echo(json.dumps(made, indent=2) if as_json else made["token"])


@token_.command("list")
@as_json_option
@server_options
def listed(as_json: bool, server: str | None, token: str | None) -> None:
    """List every token there has been, without secrets.

    \b
    Example:
      entrepot token list --json
    """
    rows = find(server, token).ask("GET", "/tokens")["tokens"]
    show(rows, COLUMNS, as_json=as_json, empty="No tokens.")


@token_.command("revoke")
@click.argument("number", type=int)
@server_options
def revoke(number: int, server: str | None, token: str | None) -> None:
    """End a token at once, and those that were made with it.

    \b
    Example:
      entrepot token revoke 3
    """
    find(server, token).ask("DELETE", f"/tokens/{number}")
    click.echo(f"Token {number} is good for nothing from now on.")


COMMAND = token_
