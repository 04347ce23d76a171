"""Revisions: refs, the commits that lead to one, and what differs between any two."""

from starlette.responses import Response

from entrepot.domain.errors import EntrepotError
from entrepot.operations import browse
from entrepot.operations.browse import Place
from entrepot.operations.compare import Comparison, Difference, compare
from entrepot.operations.compare_tensors import compare_tensors
from entrepot.operations.exhibit import Exhibit
from entrepot.web.tables import Column, export, sheet
from entrepot.web.tabs import Tab, Values
from entrepot.web.visit import Visit

MOST_COMMITS = 50
COLUMNS: tuple[Column[Difference], ...] = (
    Column("path", lambda one: one.path),
    Column("change", lambda one: one.word),
    Column("before", lambda one: one.older.size if one.older else None),
    Column("after", lambda one: one.newer.size if one.newer else None),
    Column("grown", lambda one: one.grown),
    Column("verdict_before", lambda one: one.before.verdict.value if one.before else ""),
    Column("verdict_after", lambda one: one.after.verdict.value if one.after else ""),
)


async def _show(visit: Visit, shown: Exhibit) -> Values | Response:
    place = Place(shown.case.repository, shown.package)
    wanted = visit.asked("since")
    found: Comparison | None = None
    problem: EntrepotError | None = None
    if wanted:
        try:
            found = await compare(visit.registry, shown, wanted)
        except EntrepotError as error:
            problem = error
    if found and (answer := export(visit, "differences", found.differences, COLUMNS)):
        return answer
    return {
        "compared": await compare_tensors(visit.registry, shown, found) if found else None,
        "refs": await browse.refs(place),
        "history": await browse.history(place, shown.revision.commit.hex, MOST_COMMITS),
        "found": found,
        "table": sheet(visit, found.differences, COLUMNS, "path") if found else None,
        "error": problem,
        "most": MOST_COMMITS,
    }


TAB = Tab("revisions", "Revisions", 40, _show)
