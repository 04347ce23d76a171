"""Under which license something stands: what is declared where, what it asks, and what contradicts it."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from entrepot.commands import Wrong, plain
from entrepot.commands.licensed import Declared, declared_at
from entrepot.commands.output import as_json_option
from entrepot.domain.licensing import Declaration
from entrepot.licenses import look_up


@click.command("license")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@as_json_option
def license_of(paths: Sequence[str], as_json: bool) -> None:
    """Say under which license files and folders stand: by card, license files, headers and GGUF.

    A folder is one package. What it is made from is named; what those models declare is known to a server only.

    \b
    Examples:
      entrepot license ./models/my-fine-tune
      entrepot license LICENSE --json
    """
    for path in paths:
        if not os.path.lexists(path):
            raise Wrong(f"there is no file or folder {path!r}")
    found = [declared_at(path) for path in paths]
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], indent=2))
        return
    for one in found:
        for line in _lines(one):
            click.echo(plain(line))


def _as_json(found: Declared) -> dict[str, object]:
    licensing = asdict(found.licensing)
    licenses = [asdict(known) for known in map(look_up, found.licensing.ids) if known]
    unread = list(found.unread)
    return {"path": found.path, **licensing, "licenses": licenses, "base_models": list(found.bases), "unread": unread}


def _lines(found: Declared) -> Iterator[str]:
    licensing = found.licensing
    yield f"{found.path}: {', '.join(licensing.ids) or licensing.standing}"
    for license_id in licensing.ids:
        if known := look_up(license_id):
            yield f"  {known.id}: {known.name}, {known.family}"
            yield from (f"    - {obligation}" for obligation in known.obligations)
    yield from (f"  {_line(one)}" for one in licensing.declarations)
    yield from (f"  made from {base}" for base in found.bases)
    yield from (f"  conflict: {conflict}" for conflict in licensing.conflicts)
    yield from (f"  not read: {reason}" for reason in found.unread)


def _line(declared: Declaration) -> str:
    said = declared.expression or ", ".join(declared.ids) or declared.text
    return f"{declared.place} ({declared.where}) says {said!r}: {declared.standing}"


COMMAND = license_of
