"""The commands as click parses them: found in their drawer, each loaded when it is called."""

import importlib

import click

from entrepot import __version__, plugins
from entrepot.commands import DRAWER


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


def run(wrong_usage: int) -> int:
    """The exit code of the command that was typed, once it has run; `wrong_usage` where it makes no sense."""
    try:
        ended = entrepot.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return wrong_usage if isinstance(error, click.UsageError) else error.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 130
    return ended if isinstance(ended, int) else 0
