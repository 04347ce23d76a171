"""Decisions: a stream like a log, and each with the trace that led to it."""

from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from entrepot.catalog.decisions import MAX_PAGE, Filter, Line
from entrepot.domain.decision import Effect
from entrepot.domain.door import Door
from entrepot.domain.errors import Invalid
from entrepot.operations import audit
from entrepot.web.pages import Page, View
from entrepot.web.tables import ROWS, Column, export
from entrepot.web.visit import Visit

SINCE = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
MOST_EXPORTED = 10_000
COLUMNS: tuple[Column[Line], ...] = (
    Column("at", lambda line: line.recorded.at),
    Column("id", lambda line: line.recorded.uid),
    Column("actor", lambda line: line.recorded.actor),
    Column("token", lambda line: line.recorded.token_name),
    Column("address", lambda line: line.recorded.address),
    Column("client", lambda line: line.recorded.client),
    Column("door", lambda line: line.recorded.door.value),
    Column("repository", lambda line: line.recorded.repository),
    Column("package", lambda line: line.recorded.package),
    Column("commit", lambda line: line.recorded.commit),
    Column("path", lambda line: line.recorded.path),
    Column("size", lambda line: line.recorded.size),
    Column("digest", lambda line: line.recorded.digest),
    Column("effect", lambda line: line.recorded.decision.effect.value),
    Column("downloaded", lambda line: line.recorded.gives),
    Column("rule", lambda line: line.recorded.decision.rule),
    Column("policy", lambda line: line.recorded.decision.policy),
    Column("reason", lambda line: "; ".join(line.recorded.decision.reasons)),
    Column("milliseconds", lambda line: line.recorded.milliseconds),
    Column("hash", lambda line: line.hash),
)


async def show(visit: Visit) -> Response:
    """The decisions that fit what the URL asks for, the newest first."""
    wanted = _filter(visit)
    if visit.asked("format"):
        lines = await _many(visit, wanted)
        if answer := export(visit, "decisions", lines, COLUMNS):
            return answer
    page = await audit.decisions_that(visit.registry, wanted, ROWS, visit.actor)
    return visit.render("decisions.html", found=page, since=list(SINCE), effects=list(Effect), doors=list(Door))


async def _many(visit: Visit, wanted: Filter) -> list[Line]:
    lines: list[Line] = []
    while len(lines) < MOST_EXPORTED:
        page = await audit.decisions_that(visit.registry, wanted, MAX_PAGE, visit.actor)
        lines += page.lines
        if not page.before:
            break
        wanted = _filter(visit, page.before)
    return lines


def _filter(visit: Visit, before: int = 0) -> Filter:
    word = visit.asked("since")
    if word and word not in SINCE:
        raise Invalid(f"{word[:40]!r} is no time here; there are: {', '.join(SINCE)}")
    return Filter(
        since=datetime.now(UTC) - SINCE[word] if word else None,
        refused=visit.asked("refused") == "yes",
        effect=visit.asked("effect"),
        package=visit.asked("package"),
        repository=visit.asked("repository"),
        actor=visit.asked("actor"),
        digest=visit.asked("digest").removeprefix("sha256:").lower(),
        rule=visit.asked("rule"),
        door=visit.asked("door"),
        gives=visit.asked("given") == "yes",
        before=before or visit.number("before"),
    )


async def show_one(visit: Visit) -> Response:
    """One decision: every rule that was looked at, what each condition read, and which one decided."""
    line = await audit.decision(visit.registry, visit.params["uid"], visit.actor)
    return visit.render("decision.html", line=line, it=line.recorded)


PAGE = Page(
    "decisions",
    (View("GET", "/decisions", show), View("GET", "/decisions/{uid}", show_one)),
    rail="Decisions",
    path="/decisions",
    order=40,
    key="d",
)
