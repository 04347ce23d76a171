"""Repositories: made, listed, shown, deleted."""

import json
from urllib.parse import quote

import click

from entrepot.commands import Wrong
from entrepot.commands.asking import find, server_options
from entrepot.commands.output import as_json_option, show

COLUMNS = ("key", "kind", "upstream", "members", "deploy_to", "anonymous_read")


@click.group("repo")
def repo() -> None:
    """Make, list, show and delete repositories.

    \b
    Examples:
      entrepot repo list
      entrepot repo create team --kind local
      entrepot repo create huggingface --kind remote --upstream https://huggingface.co --upstream-token hf_...
      entrepot repo create hub --kind virtual --member team --member huggingface --deploy-to team
    """


@repo.command("list")
@as_json_option
@server_options
def listed(as_json: bool, server: str | None, token: str | None) -> None:
    """List the repositories that you may read.

    \b
    Example:
      entrepot repo list --json
    """
    rows = find(server, token).ask("GET", "/repositories")["repositories"]
    show(rows, COLUMNS, as_json=as_json, empty="No repositories. Make one: entrepot repo create models --kind local")


@repo.command("create")
@click.argument("key")
@click.option("--kind", type=click.Choice(["local", "remote", "virtual"]), required=True)
@click.option("--upstream", metavar="URL", help="For a remote repository: the registry it stands for.")
@click.option("--upstream-token", help="Its token there; kept encrypted, never shown.")
@click.option("--member", "members", multiple=True, metavar="KEY", help="For a virtual repository; in order.")
@click.option("--deploy-to", metavar="KEY", help="For a virtual repository: the member that takes uploads.")
@click.option("--anonymous-read", is_flag=True, help="Let everybody read who can reach the server.")
@server_options
def create(key: str, server: str | None, token: str | None, **given: object) -> None:
    """Make a repository.

    \b
    Examples:
      entrepot repo create team --kind local
      entrepot repo create partner --kind remote --upstream https://models.partner.example/hub/public
      entrepot repo create all --kind virtual --member team --member partner --deploy-to team
    """
    body = {"key": key} | {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    chosen = find(server, token)
    row = chosen.ask("POST", "/repositories", {name: value for name, value in body.items() if value})
    click.echo(f"{row['key']} is ready: HF_ENDPOINT={chosen.url}/hub/{row['key']}")


@repo.command("show")
@click.argument("key")
@server_options
def shown(key: str, server: str | None, token: str | None) -> None:
    """Show one repository, as JSON.

    \b
    Example:
      entrepot repo show hub
    """
    click.echo(json.dumps(find(server, token).ask("GET", _path(key)), indent=2))


@repo.command("delete")
@click.argument("key")
@server_options
def delete(key: str, server: str | None, token: str | None) -> None:
    """Delete an empty repository.

    \b
    Example:
      entrepot repo delete team
    """
    find(server, token).ask("DELETE", _path(key))
    click.echo(f"{key} is gone.")


def _path(key: str) -> str:
    if not key:
        raise Wrong("the key of the repository is empty")
    return f"/repositories/{quote(key, safe='')}"


COMMAND = repo
