"""Compare what is named with what is stored."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from entrepot.commands import Failed, plain
from entrepot.commands.opening import data_options, with_registry
from entrepot.operations.check import Finding, check
from entrepot.operations.registry import Registry


@click.command("fsck")
@click.option("--deep", is_flag=True, help="Also read and hash every byte; this takes as long as the disk does.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_options
def fsck(deep: bool, as_json: bool, data: str | None, file: Path | None) -> None:
    """Compare what is named with what is stored, and name every difference. Changes nothing.

    \b
    Examples:
      entrepot fsck
      entrepot fsck --deep --data /srv/entrepot
    """

    async def work(registry: Registry) -> list[Finding]:
        return [finding async for finding in check(registry, deep=deep)]

    findings = with_registry(data, file, work)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(plain(f"{finding.kind}: {finding.sentence}"))
        count = "1 difference" if len(findings) == 1 else f"{len(findings)} differences"
        click.echo(f"{count}." if findings else "Catalog and store agree.")
    if findings:
        raise Failed("the catalog and the store differ; restore what is missing from a backup, or delete what names it")


COMMAND = fsck
