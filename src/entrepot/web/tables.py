"""Tables: sorted and paged by what stands in the URL, and exported as they are shown."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from starlette.responses import Response

from entrepot.domain.errors import Invalid
from entrepot.web.visit import Visit

T = TypeVar("T")
Cell = str | int | float | bool | datetime | None
ROWS = 50
"""How many rows a page shows."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its name in URLs and exports, and what it says of a row."""

    name: str
    value: Callable[[T], Cell]


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """One page of a table's rows."""

    rows: Sequence[T]
    total: int
    page: int
    pages: int
    sort: str
    """The column that it is sorted by, with a minus for the largest first."""


def sheet(visit: Visit, rows: Sequence[T], columns: Sequence[Column[T]], default: str) -> Sheet[T]:
    """The rows in the order and on the page that the URL asks for."""
    sort = visit.asked("sort", default)
    column = next((one for one in columns if one.name == sort.lstrip("-")), None)
    if column is None:
        raise Invalid(f"this table has no column {sort[:40]!r}; it has: {', '.join(one.name for one in columns)}")
    value = column.value
    ordered = sorted(rows, key=lambda row: _key(value(row)), reverse=sort.startswith("-"))
    pages = max(1, -(-len(ordered) // ROWS))
    page = min(max(1, visit.number("page", 1)), pages)
    return Sheet(ordered[(page - 1) * ROWS : page * ROWS], len(ordered), page, pages, sort)


def _key(value: Cell) -> tuple[int, str, float]:
    # Texts, numbers and times never stand in one column, but "nothing" does in each: it comes first.
    if value is None or value == "":
        return (0, "", 0.0)
    if isinstance(value, datetime):
        return (1, "", value.timestamp())
    return (1, value.casefold(), 0.0) if isinstance(value, str) else (1, "", float(value))


def export(visit: Visit, name: str, rows: Sequence[T], columns: Sequence[Column[T]]) -> Response | None:
    """The rows as the file that the URL asks for with `format`; None where it asks for a page."""
    wanted = visit.asked("format")
    if not wanted:
        return None
    if wanted not in ("csv", "json"):
        raise Invalid(f"a table is exported as csv or json, not as {wanted[:40]!r}")
    lines = [{column.name: _plain(column.value(row)) for column in columns} for row in rows]
    text = json.dumps({name: lines}, indent=1) if wanted == "json" else _csv(lines, [one.name for one in columns])
    kind = "application/json" if wanted == "json" else "text/csv; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="entrepot-{name}.{wanted}"'}
    return Response(text, media_type=kind, headers=headers)


def _plain(value: Cell) -> str | int | float | bool | None:
    return value.isoformat() if isinstance(value, datetime) else value


def _csv(lines: Sequence[dict[str, str | int | float | bool | None]], names: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for line in lines:
        writer.writerow([_harmless(line[name]) for name in names])
    return out.getvalue()


def _harmless(value: str | int | float | bool | None) -> object:
    # Spreadsheets run what begins like a formula, and names and reasons come from anybody.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
