"""Findings: everything that the scanner found, by rule, with how far it reaches; and the places of one rule."""

from starlette.responses import Response

from entrepot.catalog.findings import Group
from entrepot.domain.errors import Invalid
from entrepot.domain.report import Severity
from entrepot.operations.administer import list_repositories
from entrepot.operations.explain import explain, explained
from entrepot.operations.findings import Place, findings_by_rule, places_of
from entrepot.web.pages import Page, View
from entrepot.web.tables import ROWS, Column, export, sheet
from entrepot.web.visit import Visit

GROUPS: tuple[Column[Group], ...] = (
    Column("rule", lambda one: one.rule),
    Column("severity", lambda one: one.severity),
    Column("files", lambda one: one.files),
    Column("packages", lambda one: one.packages),
    Column("downloads", lambda one: one.downloads),
    Column("people", lambda one: one.people),
    Column("urgency", lambda one: Severity(one.severity).rank * 1e12 + one.packages),
)
PLACES: tuple[Column[Place], ...] = (
    Column("repository", lambda one: one.repository),
    Column("package", lambda one: one.spot.package),
    Column("path", lambda one: one.spot.path),
    Column("verdict", lambda one: one.spot.verdict.value),
    Column("findings", lambda one: one.spot.count),
    Column("downloads", lambda one: one.spot.downloads),
    Column("sha256", lambda one: one.spot.digest),
    Column("seen", lambda one: one.spot.made_at),
)
MOST_EXPORTED = 10_000
MOST_PAGES = 1000


async def show(visit: Visit) -> Response:
    """The rules with findings, the most urgent first."""
    severity, repository = visit.asked("severity"), visit.asked("repository")
    if severity and severity not in set(Severity):
        raise Invalid(f"a severity is one of: {', '.join(Severity)}; not {severity[:40]!r}")
    found = await findings_by_rule(visit.registry, visit.actor, "", severity, repository)
    word = visit.asked("rule").casefold()
    rules = explained([group.rule for group in found])
    titles = {name: rule.title for name, rule in rules.items()}
    rows = [one for one in found if word in one.rule or word in titles.get(one.rule, "").casefold()]
    if answer := export(visit, "findings", rows, GROUPS):
        return answer
    keys = [row.key.text for row in await list_repositories(visit.registry, visit.actor)]
    table = sheet(visit, rows, GROUPS, "-urgency")
    return visit.render("findings.html", table=table, titles=titles, severities=list(Severity)[::-1], keys=keys)


async def show_one(visit: Visit) -> Response:
    """One rule: what it finds, what follows, what to do, and every place."""
    rule = explain(visit.params["rule"])
    repository = visit.asked("repository")
    if visit.asked("format"):
        every = await places_of(visit.registry, visit.actor, rule.id, repository, (MOST_EXPORTED, 0))
        if answer := export(visit, "places", every, PLACES):
            return answer
    page = max(1, min(visit.number("page", 1), MOST_PAGES))
    places = await places_of(visit.registry, visit.actor, rule.id, repository, (ROWS + 1, (page - 1) * ROWS))
    groups = await findings_by_rule(visit.registry, visit.actor, rule.id, "", repository)
    return visit.render(
        "finding.html",
        rule=rule,
        places=places[:ROWS],
        group=groups[0] if groups else None,
        page=page,
        has_more=len(places) > ROWS,
    )


PAGE = Page(
    "findings",
    (View("GET", "/findings", show), View("GET", "/findings/{rule}", show_one)),
    rail="Findings",
    path="/findings",
    order=30,
    key="f",
)
