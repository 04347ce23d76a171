"""How answers are shown: tables for people on a terminal, JSON for machines on request."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from entrepot.commands import plain

UNBROKEN = 10_000
"""Columns; more than any row of ours takes."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a cell for a formula; what strangers named is never one."""
F = TypeVar("F", bound=Callable[..., Any])


def as_json_option(function: F) -> F:
    """The option `--json`, handed on as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(function)


def show(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """The rows as a table of these columns, or all of them as JSON."""
    if as_json:
        click.echo(json.dumps(list(rows), indent=2))
        return
    if not rows:
        click.echo(empty)
        return
    # Loaded here: a quick command that shows no table does without.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # What is read by a program is not broken into lines of a screen's width.
    console = Console(width=None if sys.stdout.isatty() else UNBROKEN)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*[Text(_cell(row.get(column), is_moment=column.endswith("_at"))) for column in columns])
    console.print(table)


def csv_cell(value: object) -> str:
    """The value as a cell of CSV, which no spreadsheet runs; the items of a list stand behind one another."""
    if isinstance(value, list | tuple):
        return csv_cell("; ".join(map(str, value)))
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _cell(value: object, *, is_moment: bool = False) -> str:
    if is_moment and value:
        return plain(str(value))[:16].replace("T", " ")  # to the minute; JSON has all of it
    if value is None or value == "":
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(str(value))


def size(count: int) -> str:
    """The bytes in binary units, for people."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024 or unit == "TiB":
            return f"{count} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError("the loop returns")
