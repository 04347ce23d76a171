"""The firewall over our own interface: policies, waivers, decisions."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from starlette.responses import JSONResponse, Response

from entrepot.catalog.decisions import Filter
from entrepot.domain.errors import Invalid
from entrepot.domain.waiver import Scope, Standing
from entrepot.http.receive import read_json
from entrepot.http.routes import Call
from entrepot.operations import audit, legislate, simulate, waive
from entrepot.operations.waive import Asking
from entrepot.protocols.api import shapes

T = TypeVar("T")
MAX_DAYS = 3660
DEFAULT_LIMIT = 100


async def policies(call: Call) -> Response:
    """The policies in force."""
    found = await legislate.policies_in_force(call.registry, call.actor)
    return JSONResponse({"policies": [shapes.policy(standing) for standing in found]})


async def policy(call: Call) -> Response:
    """Every version of one policy."""
    rows = await legislate.policy_versions(call.registry, call.params["name"], call.actor)
    return JSONResponse({"versions": [shapes.policy_row(row) for row in rows]})


async def apply_policy(call: Call) -> Response:
    """A policy is in force from now on."""
    body = await read_json(call.request)
    text, note = _text(body, "text"), _text(body, "note", optional=True)
    standing = await legislate.apply_policy(call.registry, text, note, call.actor)
    return JSONResponse(shapes.policy(standing), 201)


async def remove_policy(call: Call) -> Response:
    """There is no such policy any more."""
    await legislate.remove_policy(call.registry, call.params["name"], "", call.actor)
    return Response(None, 204)


async def simulate_policy(call: Call) -> Response:
    """What a policy would have done."""
    body = await read_json(call.request)
    since = moment(_text(body, "since", optional=True) or "30d")
    return JSONResponse(
        shapes.simulation(await simulate.simulate(call.registry, _text(body, "text"), since, call.actor))
    )


async def waivers(call: Call) -> Response:
    """The waivers that the caller asked for, or may decide."""
    word = call.request.query_params.get("standing", "")
    standing = _one_of(Standing, word, "standing") if word else None
    found = await waive.list_waivers(call.registry, standing, call.actor)
    return JSONResponse({"waivers": [shapes.waiver(one) for one in found]})


async def ask_waiver(call: Call) -> Response:
    """A waiver, waiting for somebody to decide: for a decision, or for a scope that is spelled out."""
    body = await read_json(call.request)
    names = ("policy", "rule", "repository", "package", "commit", "digest")
    scope = Scope(**{name: _text(body, name, optional=True) for name in names})
    decision = _text(body, "decision", optional=True)
    if decision:
        known = await waive.scope_of(call.registry, decision, call.actor)
        # What was spelled out narrows or widens what the decision was about.
        given = {name: body[name] for name in names if isinstance(body.get(name), str)}
        scope = Scope(**{name: given.get(name, getattr(known, name)) for name in names})
    asking = Asking(scope, _text(body, "reason"), _days(body), decision)
    return JSONResponse(shapes.waiver(await waive.ask_waiver(call.registry, asking, call.actor)), 201)


async def decide_waiver(call: Call) -> Response:
    """A waiver is granted, refused or withdrawn."""
    body = await read_json(call.request)
    standing = _one_of(Standing, _text(body, "standing"), "standing")
    number, answer = _number(call.params["number"]), _text(body, "answer")
    if standing is Standing.WITHDRAWN:
        decided = await waive.withdraw_waiver(call.registry, number, answer, call.actor)
    elif standing is Standing.ASKED:
        raise Invalid("a waiver is granted, refused or withdrawn")
    else:
        decided = await waive.decide_waiver(call.registry, number, standing, answer, call.actor)
    return JSONResponse(shapes.waiver(decided))


async def decisions(call: Call) -> Response:
    """A page of decisions, the newest first."""
    query = call.request.query_params
    wanted = Filter(
        since=moment(query["since"]) if query.get("since") else None,
        until=moment(query["until"]) if query.get("until") else None,
        refused=call.flag("blocked"),
        effect=query.get("effect", ""),
        package=query.get("package", ""),
        repository=query.get("repository", ""),
        actor=query.get("actor", ""),
        digest=query.get("digest", "").removeprefix("sha256:").lower(),
        rule=query.get("rule", ""),
        door=query.get("door", ""),
        gives=call.flag("downloads"),
        before=_number(query.get("before", "0")),
    )
    limit = _number(query.get("limit", "") or str(DEFAULT_LIMIT))
    page = await audit.decisions_that(call.registry, wanted, limit, call.actor)
    return JSONResponse({"decisions": [shapes.decision(line) for line in page.lines], "before": page.before})


async def decision(call: Call) -> Response:
    """One decision, with the trace that led to it."""
    line = await audit.decision(call.registry, call.params["uid"], call.actor)
    return JSONResponse(shapes.decision(line) | {"trace": [shapes.step(one) for one in line.recorded.decision.trace]})


async def verify(call: Call) -> Response:
    """Whether the record of decisions is what was written."""
    broken = await audit.verify(call.registry, call.actor)
    return JSONResponse({"holds": not broken, "broken": broken[:1000]})


def _text(body: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    value = body.get(name)
    if value is None and optional:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{name!r} has to be a text")
    return value


def _days(body: Mapping[str, Any]) -> float:
    days = body.get("days", 30)
    if isinstance(days, bool) or not isinstance(days, int | float):
        raise Invalid("'days' has to be a number")
    return float(days)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(f"{text[:40]!r} has to be a whole number")
    return int(text)


def _one_of(kind: Callable[[str], T], word: str, what: str) -> T:
    try:
        return kind(word)
    except ValueError:
        raise Invalid(f"{what!r} can't be {word[:40]!r}") from None


def moment(text: str) -> datetime:
    """A moment: `30d`, `12h` or `90m` ago, or a date as ISO 8601 writes it. Raises `Invalid`."""
    unit = {"d": "days", "h": "hours", "m": "minutes"}.get(text[-1:], "")
    number = text[:-1]
    if unit and number.isascii() and number.isdigit() and len(number) < 7:
        return datetime.now(UTC) - min(timedelta(**{unit: int(number)}), timedelta(days=MAX_DAYS))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text[:40]!r} is no time; write 30d, 12h, 90m or a date such as 2026-01-31") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
