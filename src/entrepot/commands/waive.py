"""Waivers: asked for, listed, granted, refused, withdrawn."""

import json

import click

from entrepot.commands import Wrong, plain
from entrepot.commands.asking import find, server_options
from entrepot.commands.output import as_json_option, show

COLUMNS = (
    *("id", "standing", "policy", "rule", "repository", "package", "commit", "digest"),
    *("reason", "asked_by", "expires_at", "decided_by", "answer"),
)


@click.group("waive")
def waive_() -> None:
    """Ask for exceptions to a policy's rule, and decide about them.

    \b
    Examples:
      entrepot waive request 3f2a9c0d11e0b7aa --reason "reproduces the paper; we load it in a sandbox" --days 30
      entrepot waive list --standing asked
      entrepot waive grant 7 --answer "seen by ml-security"
    """


@waive_.command("request")
@click.argument("decision", required=False, default="")
@click.option("--reason", required=True, help="Why; whoever decides reads it.")
@click.option("--days", type=float, default=30, show_default=True, help="For how many days.")
@click.option("--policy", help="Only for the rules of this policy; without it, for every rule of that name.")
@click.option("--rule", help="Only for this rule.")
@click.option("--repository", help="Only in this repository.")
@click.option("--package", help="Only for this package, such as model/org/name.")
@click.option("--commit", help="Only for this commit.")
@click.option("--digest", help="Only for these bytes, by their SHA-256.")
@as_json_option
@server_options
def request(decision: str, reason: str, as_json: bool, server: str | None, token: str | None, **scope: object) -> None:
    """Ask for a waiver: for a decision, by the id at the end of the link in the error, or for a scope.

    \b
    Examples:
      entrepot waive request 3f2a9c0d11e0b7aa --reason "we load it in a sandbox"
      entrepot waive request --package model/org/name --policy house --rule "licenses" --reason "contract 4711"
    """
    days = scope.pop("days")
    given = {name: value for name, value in scope.items() if value}
    if not decision and not given:
        raise Wrong("name the decision, or what the waiver is for: --digest, --commit, --package or --rule")
    body = {"decision": decision.rpartition("/")[2], "reason": reason, "days": days, **given}
    made = find(server, token).ask("POST", "/waivers", body)
    if as_json:
        click.echo(json.dumps(made, indent=2))
        return
    click.echo(f"Waiver {made['id']} waits for somebody to decide; it would end at {made['expires_at'][:16]}.")


@waive_.command("list")
@click.option("--standing", type=click.Choice(["asked", "granted", "refused", "withdrawn"]), help="Only these.")
@as_json_option
@server_options
def listed(standing: str | None, as_json: bool, server: str | None, token: str | None) -> None:
    """List the waivers that you asked for, or may decide.

    \b
    Example:
      entrepot waive list --standing asked
    """
    query = f"?standing={standing}" if standing else ""
    rows = find(server, token).ask("GET", f"/waivers{query}")["waivers"]
    show(rows, COLUMNS, as_json=as_json, empty="No waivers.")


def _decide(number: int, standing: str, answer: str, server: str | None, token: str | None) -> None:
    decided = find(server, token).ask("POST", f"/waivers/{number}", {"standing": standing, "answer": answer})
    click.echo(plain(f"Waiver {number} is {decided['standing']} by {decided['decided_by']}."))


@waive_.command("grant")
@click.argument("number", type=int)
@click.option("--answer", required=True, help="Why it may pass.")
@server_options
def grant(number: int, answer: str, server: str | None, token: str | None) -> None:
    """Let pass what a waiver is for, until it expires.

    \b
    Example:
      entrepot waive grant 7 --answer "seen by ml-security"
    """
    _decide(number, "granted", answer, server, token)


@waive_.command("refuse")
@click.argument("number", type=int)
@click.option("--answer", required=True, help="Why not.")
@server_options
def refuse(number: int, answer: str, server: str | None, token: str | None) -> None:
    """Say no to a waiver.

    \b
    Example:
      entrepot waive refuse 7 --answer "use the safetensors of the same model"
    """
    _decide(number, "refused", answer, server, token)


@waive_.command("withdraw")
@click.argument("number", type=int)
@click.option("--answer", required=True, help="Why it ends.")
@server_options
def withdraw(number: int, answer: str, server: str | None, token: str | None) -> None:
    """End a waiver at once.

    \b
    Example:
      entrepot waive withdraw 7 --answer "the file was replaced"
    """
    _decide(number, "withdrawn", answer, server, token)


COMMAND = waive_
