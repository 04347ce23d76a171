"""How much is kept."""

import json

import click

from entrepot.commands.asking import find, server_options
from entrepot.commands.output import show, size


@click.command("storage")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with exact bytes.")
@server_options
def storage(as_json: bool, server: str | None, token: str | None) -> None:
    """Show how much is kept: what people see (logical), and what it takes (unique).

    \b
    Examples:
      entrepot storage
      entrepot storage --json --server https://models.example.org
    """
    answer = find(server, token).ask("GET", "/storage")
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    rows = [row | {"logical": size(row["logical"]), "unique": size(row["unique"])} for row in answer["repositories"]]
    show(rows, ("repository", "packages", "files", "logical", "unique"), as_json=False, empty="Nothing is kept yet.")
    click.echo(f"\nLogical {size(answer['logical'])}, unique {size(answer['unique'])}.")


COMMAND = storage
