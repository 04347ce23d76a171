"""The command line: finds the commands, parses arguments, prints errors."""

import importlib
import os
import sys

import click

from entrepot import __version__, plugins
from entrepot.commands import DRAWER, Failed, Wrong, plain
from entrepot.domain.errors import EntrepotError, WrongSetting

WRONG_USAGE = 4
"""2 means that something could not be read, for `entrepot scan` as for other scanners."""


class Commands(click.Group):
    """The drawer's commands; what runs one command loads that one, since a server's parts take a second to load."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = f"{DRAWER}.{name.replace('-', '_')}"
        if not name.replace("-", "_").isidentifier():
            return None
        try:
            found = getattr(importlib.import_module(module), "COMMAND", None)
        except ModuleNotFoundError as missing:
            if missing.name != module:
                raise
            found = None
        return found if isinstance(found, click.Command) else self._all().get(name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._all())

    def _all(self) -> dict[str, click.Command]:
        return plugins.collect(DRAWER, "COMMAND", click.Command, lambda found: str(found.name))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="entrepot")
def entrepot() -> None:
    """A registry and firewall for AI models, datasets and the packages around them.

    \b
    Start here:
      entrepot scan model.pt                  is it dangerous? nothing is run
      entrepot serve                          run a registry on this machine
      entrepot login --token hf_...           remember a server and a token
      entrepot repo list                      what repositories there are
    """


def main() -> None:
    """Run the command that was typed; errors that people can do something about are one line, without a trace."""
    try:
        entrepot.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG_USAGE if isinstance(error, click.UsageError) else error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except (EntrepotError, Failed, WrongSetting) as error:
        _say(str(error))
        sys.exit(WRONG_USAGE if isinstance(error, Wrong | WrongSetting) else 1)
    except BrokenPipeError:  # whoever read along has had enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _say(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
        sys.exit(1)


def _say(message: str) -> None:
    click.echo(f"entrepot: {plain(' '.join(message.split()))}", err=True)
