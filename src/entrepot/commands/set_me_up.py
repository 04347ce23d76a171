"""The lines that point a client at a repository."""

import click

from entrepot.commands import Wrong
from entrepot.commands.asking import find, server_options
from entrepot.operations import set_up

CLIENTS = {client.name: client for client in set_up.CLIENTS}
"""What to paste, by client."""


@click.command("set-me-up")
@click.option("--repository", default="hub", show_default=True, help="Which repository.")
@click.option("--client", type=click.Choice(list(CLIENTS)), default="shell", show_default=True)
@click.option("--user", help="Whose token it will be; without it, the lines leave the token to you.")
@click.option("--access", type=click.Choice(["read", "write"]), default="read", show_default=True)
@click.option("--days", type=float, default=30, show_default=True, help="How long the token is good.")
@server_options
def set_me_up(repository: str, client: str, server: str | None, token: str | None, **wanted: object) -> None:
    """Print the lines that point a client at a repository, with a token for just that.

    \b
    Examples:
      entrepot set-me-up
      entrepot set-me-up --client notebook --user ada --access write --days 7
    """
    chosen = find(server, token)
    known = [row["key"] for row in chosen.ask("GET", "/repositories")["repositories"]]
    if repository not in known:
        raise Wrong(f"there is no repository {repository!r} that you may read; there are: {', '.join(known) or 'none'}")
    secret = "hf_…"
    if wanted["user"]:
        actions = "read" if wanted["access"] == "read" else "read,write"
        body = {"name": f"set-me-up {client}", "user": wanted["user"], "expires_in_days": wanted["days"]}
        secret = chosen.ask("POST", "/tokens", body | {"scopes": [f"{repository}:{actions}"]})["token"]
    endpoint = f"{chosen.url}/hub/{repository}"
    click.echo(CLIENTS[client].filled(endpoint, secret))


COMMAND = set_me_up
