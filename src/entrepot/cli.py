"""The command line: runs what was typed, and says in one line what people can do something about."""

import os
import sys

from entrepot.commands import Failed, Wrong, plain
from entrepot.domain.errors import EntrepotError, WrongSetting

WRONG_USAGE = 4
"""2 means that something could not be read, for `entrepot scan` as for other scanners."""


def main() -> None:
    """Run the command that was typed; errors that people can do something about are one line, without a trace."""
    try:
        _run(sys.argv[1:])
    except (EntrepotError, Failed, WrongSetting) as error:
        _say(str(error))
        sys.exit(WRONG_USAGE if isinstance(error, Wrong | WrongSetting) else 1)
    except BrokenPipeError:  # whoever read along has had enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _say(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
        sys.exit(1)


def _run(typed: list[str]) -> None:
    if typed[:1] == ["scan"] and typed[1:] and not any(word.startswith("-") for word in typed):
        # Paths alone need no parser, and loading one takes as long as scanning a small model.
        from entrepot.commands.scanning.run import Wishes, scan

        sys.exit(scan(typed[1:], Wishes()))
    from entrepot.parser import run

    sys.exit(run(WRONG_USAGE))


def _say(message: str) -> None:
    sys.stderr.write(f"entrepot: {plain(' '.join(message.split()))}\n")
