"""The command line: finds the commands, parses arguments, prints errors."""

import os
import sys

import click

from entrepot import __version__, plugins
from entrepot.commands import Failed, Wrong
from entrepot.commands.output import plain
from entrepot.domain.errors import EntrepotError
from entrepot.settings import WrongSetting


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="entrepot")
def entrepot() -> None:
    """A registry and firewall for AI models, datasets and the packages around them.

    \b
    Start here:
      entrepot serve                          run a registry on this machine
      entrepot login --token hf_...           remember a server and a token
      entrepot repo list                      what repositories there are
    """


def main() -> None:
    """Run the command that was typed; errors that people can do something about are one line, without a trace."""
    for command in plugins.collect(
        "entrepot.commands", "COMMAND", click.Command, lambda found: str(found.name)
    ).values():
        entrepot.add_command(command)
    try:
        entrepot.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except (EntrepotError, Failed, WrongSetting) as error:
        _say(str(error))
        sys.exit(4 if isinstance(error, Wrong | WrongSetting) else 1)
    except BrokenPipeError:  # whoever read along has had enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _say(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
        sys.exit(1)


def _say(message: str) -> None:
    click.echo(f"entrepot: {plain(' '.join(message.split()))}", err=True)
