"""Inventory: what is in use, under which license, with which verdict, who took it, from where, and who approved."""

from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from entrepot.domain.errors import Invalid
from entrepot.domain.report import Verdict
from entrepot.operations.inventory import Item, inventory
from entrepot.web.pages import Page, View
from entrepot.web.tables import Column, export, sheet
from entrepot.web.visit import Visit

SPANS = {f"{days}d": timedelta(days=days) for days in (1, 7, 30, 90, 365, 3650)}
DEFAULT = "90d"
COLUMNS: tuple[Column[Item], ...] = (
    Column("repository", lambda one: one.taken.place[0]),
    Column("source", lambda one: one.source),
    Column("package", lambda one: one.taken.place[1]),
    Column("commit", lambda one: one.taken.place[2]),
    Column("licenses", lambda one: "; ".join(one.licenses)),
    Column("licensed_by", lambda one: one.licensed_by),
    Column("inherited_licenses", lambda one: "; ".join(one.inherited)),
    Column("license_conflicts", lambda one: "; ".join(one.licensing.conflicts) if one.licensing else ""),
    Column("base_models", lambda one: "; ".join(one.base_models)),
    Column("verdict", lambda one: one.verdict.value),
    Column("files", lambda one: one.taken.files),
    Column("bytes", lambda one: one.taken.bytes),
    Column("people", lambda one: "; ".join(one.people)),
    Column("first_at", lambda one: one.taken.first_at),
    Column("last_at", lambda one: one.taken.last_at),
    Column("waivers", lambda one: "; ".join(_waivers(one))),
)
COUNTS: tuple[Column[Item], ...] = (
    Column("takers", lambda one: len(one.people)),
    Column("approvals", lambda one: len(one.waivers)),
)


async def show(visit: Visit) -> Response:
    """Each package and commit that somebody took, as far as it fits what the URL asks for."""
    word = visit.asked("since", DEFAULT) or DEFAULT
    if word not in SPANS:
        raise Invalid(f"{word[:40]!r} is no time here; there are: {', '.join(SPANS)}")
    verdict = visit.asked("verdict")
    if verdict and verdict not in set(Verdict):
        raise Invalid(f"a verdict is one of: {', '.join(Verdict)}; not {verdict[:40]!r}")
    found = await inventory(visit.registry, datetime.now(UTC) - SPANS[word], visit.actor)
    rows = [one for one in found.items if _fits(visit, one)]
    if answer := export(visit, "inventory", rows, COLUMNS):
        return answer
    table = sheet(visit, rows, (*COLUMNS, *COUNTS), "-last_at")
    return visit.render(
        "inventory.html", table=table, found=found, since=list(SPANS), word=word, verdicts=list(Verdict)
    )


def _fits(visit: Visit, one: Item) -> bool:
    pairs = (
        (visit.asked("package"), one.taken.place[1]),
        (visit.asked("source"), f"{one.taken.place[0]} {one.source}"),
        (visit.asked("license"), " ".join((*one.licenses, *one.inherited))),
        (visit.asked("person"), " ".join(one.people)),
    )
    is_waived = visit.asked("waived") != "yes" or bool(one.waivers)
    is_meant = visit.asked("verdict") in ("", one.verdict)
    return is_waived and is_meant and all(wanted.casefold() in found.casefold() for wanted, found in pairs)


def _waivers(one: Item) -> list[str]:
    return [f"{waiver.id} by {waiver.decided_by} until {waiver.expires_at:%Y-%m-%d}" for waiver in one.waivers]


PAGE = Page(
    "inventory",
    (View("GET", "/inventory", show),),
    rail="Inventory",
    path="/inventory",
    order=45,
    key="i",
    for_administrators=True,
)
