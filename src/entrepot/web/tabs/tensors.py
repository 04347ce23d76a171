"""Tensors: names, shapes, types and numbers of parameters, of one file at a time."""

from starlette.responses import Response

from entrepot.domain.errors import EntrepotError, FileNotFound
from entrepot.operations.exhibit import Exhibit
from entrepot.operations.tensors import Tensor, files_with_tensors, tensors
from entrepot.web.tables import Column, export, sheet
from entrepot.web.tabs import Tab, Values
from entrepot.web.visit import Visit

COLUMNS: tuple[Column[Tensor], ...] = (
    Column("name", lambda one: one.name),
    Column("dtype", lambda one: one.dtype),
    Column("shape", lambda one: "x".join(str(number) for number in one.shape)),
    Column("parameters", lambda one: one.parameters),
)


async def _show(visit: Visit, shown: Exhibit) -> Values | Response:
    files = files_with_tensors(shown)
    path = visit.asked("path") or (files[0].path.text if files else "")
    file = next((one for one in files if one.path.text == path), None)
    if file is None and path:
        raise FileNotFound(f"there is no file with a readable header at {path[:300]!r}")
    if file is None:
        return {"files": [], "file": None, "found": None, "table": None, "error": None}
    try:
        found = await tensors(visit.registry, shown, file)
    except EntrepotError as error:
        return {"files": files, "file": file, "found": None, "table": None, "error": error}
    wanted = visit.asked("name").casefold()
    rows = [one for one in found.tensors if wanted in one.name.casefold()]
    if answer := export(visit, "tensors", rows, COLUMNS):
        return answer
    # As they stand in the file, until somebody wants another order.
    table = sheet(visit, rows, (*COLUMNS, Column("place", _places(rows).__getitem__)), "place")
    return {"files": files, "file": file, "found": found, "table": table, "error": None}


def _places(rows: list[Tensor]) -> dict[Tensor, int]:
    return {one: place for place, one in enumerate(rows)}


TAB = Tab("tensors", "Tensors", 30, _show)
