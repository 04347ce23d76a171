"""Make Xet clients forget what they have sent."""

from pathlib import Path

import click

from entrepot.commands.opening import data_options, with_registry
from entrepot.operations.xet.epoch import renew


@click.command("renew-epoch")
@data_options
def renew_epoch(data: str | None, file: Path | None) -> None:
    """Make Xet clients forget what they have sent, after a restore that may lack it.

    Clients remember for weeks which chunks a registry has, and refer to them without sending them again. The epoch is
    part of the address that they remember; with a new one they start afresh.

    \b
    Example:
      entrepot renew-epoch --data /srv/entrepot
    """
    click.echo(f"Clients start afresh: the epoch is {with_registry(data, file, renew)}.")


COMMAND = renew_epoch
