"""Waivers: asked for from a decision, granted or refused with a reason by who may, all of them remembered."""

from datetime import UTC, datetime

from starlette.responses import Response

from entrepot.domain.errors import EntrepotError, Invalid, Unauthenticated
from entrepot.domain.waiver import Scope, Standing, Waiver
from entrepot.operations import waive
from entrepot.operations.waive import Asking
from entrepot.web.pages import Page, View
from entrepot.web.refusals import status_of
from entrepot.web.tables import Column, export, sheet
from entrepot.web.visit import Visit

PARTS = ("policy", "rule", "repository", "package", "commit", "digest")
COLUMNS: tuple[Column[Waiver], ...] = (
    Column("id", lambda one: one.id),
    Column("standing", lambda one: one.standing.value),
    Column("policy", lambda one: one.scope.policy),
    Column("rule", lambda one: one.scope.rule),
    Column("repository", lambda one: one.scope.repository),
    Column("package", lambda one: one.scope.package),
    Column("commit", lambda one: one.scope.commit),
    Column("digest", lambda one: one.scope.digest),
    Column("reason", lambda one: one.reason),
    Column("asked_by", lambda one: one.asked_by),
    Column("asked_at", lambda one: one.asked_at),
    Column("expires_at", lambda one: one.expires_at),
    Column("decided_by", lambda one: one.decided_by),
    Column("decided_at", lambda one: one.decided_at),
    Column("answer", lambda one: one.answer),
)


async def show(visit: Visit) -> Response:
    """The waivers that the visitor asked for or may decide: those that wait first of all."""
    return await _list(visit)


async def _list(visit: Visit, error: EntrepotError | None = None, failed: int = 0) -> Response:
    found = await waive.list_waivers(visit.registry, None, visit.actor)
    which = visit.asked("show", "asked")
    now = datetime.now(UTC)
    rows = [one for one in found if _is_shown(one, which, now)]
    if answer := export(visit, "waivers", rows, COLUMNS):
        return answer
    return visit.render(
        "waivers.html",
        status_of(error),
        table=sheet(visit, rows, COLUMNS, "-id"),
        which=which,
        waiting=sum(one.standing is Standing.ASKED for one in found),
        may_decide=lambda one: waive.may_decide(visit.actor, one.scope),
        now=now,
        error=error,
        failed=failed,
    )


def _is_shown(one: Waiver, which: str, now: datetime) -> bool:
    if which == "asked":
        return one.standing is Standing.ASKED
    return one.holds(now) if which == "granted" else True


async def decide(visit: Visit) -> Response:
    """A waiver is granted, refused or withdrawn; what was typed stays where that can't be."""
    number, answer, word = _number(visit.params["number"]), visit.typed("answer"), visit.typed("standing")
    try:
        if word == Standing.WITHDRAWN:
            await waive.withdraw_waiver(visit.registry, number, answer, visit.actor)
        elif word in (Standing.GRANTED, Standing.REFUSED):
            await waive.decide_waiver(visit.registry, number, Standing(word), answer, visit.actor)
        else:
            raise Invalid("a waiver is granted, refused or withdrawn")
    except EntrepotError as error:
        return await _list(visit, error, number)
    return visit.go("/waivers")


async def ask(visit: Visit) -> Response:
    """The form, as narrow as the decision that it is asked because of."""
    if visit.actor.is_anonymous:
        raise Unauthenticated("to ask for a waiver, sign in: whoever decides wants to know who asks")
    uid = visit.asked("decision")
    asked = Scope(**{name: visit.asked(name) for name in PARTS})
    scope = await waive.scope_of(visit.registry, uid, visit.actor) if uid else asked
    return _form(visit, scope, uid)


def _form(visit: Visit, scope: Scope, uid: str, error: EntrepotError | None = None) -> Response:
    given = {name: getattr(scope, name) for name in PARTS}
    chosen = {name: visit.typed(name) for name in PARTS} if visit.fields else given
    return visit.render("waiver-ask.html", status_of(error), parts_of=given, chosen=chosen, decision=uid, error=error)


async def send(visit: Visit) -> Response:
    """A waiver waits for somebody to decide."""
    uid = visit.typed("decision")
    try:
        days = float(visit.typed("days") or "30")
    except ValueError:
        days = 0.0
    asking = Asking(Scope(**{name: visit.typed(name).strip() for name in PARTS}), visit.typed("reason"), days, uid)
    try:
        made = await waive.ask_waiver(visit.registry, asking, visit.actor)
    except EntrepotError as error:
        known = await waive.scope_of(visit.registry, uid, visit.actor) if uid else Scope()
        return _form(visit, known, uid, error)
    return visit.go(f"/waivers#waiver-{made.id}")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(f"a waiver has a number, unlike {text[:40]!r}")
    return int(text)


PAGE = Page(
    "waivers",
    (
        View("GET", "/waivers", show),
        View("POST", "/waivers", send),
        View("GET", "/waivers/ask", ask),
        View("POST", "/waivers/{number}", decide),
    ),
    rail="Waivers",
    path="/waivers",
    order=50,
    key="w",
)
