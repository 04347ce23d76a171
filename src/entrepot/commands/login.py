"""Remember a server and a token."""

import click

from entrepot.commands import Failed
from entrepot.commands.asking import DEFAULT_SERVER, Server, checked, checked_token, save


@click.command("login")
@click.option("--server", metavar="URL", default=DEFAULT_SERVER, show_default=True, help="The server.")
@click.option("--token", help="The token; asked for where it is not given.")
def login(server: str, token: str | None) -> None:
    """Remember a server and a token, so that other commands need not be told.

    \b
    Examples:
      entrepot login --token "$(cat data/admin-token)"
      entrepot login --server https://models.example.org
    """
    url = checked(server)
    chosen = Server(url, checked_token(click.prompt("Token", hide_input=True) if token is None else token))
    caller = chosen.ask("GET", "/whoami")
    if "user" not in caller:
        raise Failed(f"{url} does not answer as an Entrepot does; name another with --server")
    click.echo(f"{caller['user']} at {chosen.url}, kept in {save(chosen)}")


COMMAND = login
