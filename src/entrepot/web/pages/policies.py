"""Policies: what is in force, how it came to be, and an editor that shows what a text would have done."""

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from entrepot.catalog.policies import PolicyRow
from entrepot.domain.errors import EntrepotError, NotFound
from entrepot.operations import legislate
from entrepot.operations.amend import without_rule
from entrepot.operations.authorize import require_administrator
from entrepot.operations.simulate import Simulation, simulate
from entrepot.web.addresses import policy_url
from entrepot.web.pages import Page, View
from entrepot.web.refusals import status_of
from entrepot.web.visit import Visit

DAYS = 30
SHOWN = 50
MOST_REQUESTS = 5000
"""How many requests a text is tried on while it is being written; the command line tries it on all of them."""
BEGINNING = """name = "my policy"
description = "What it is for"
repositories = ["*"]

[[rule]]
name = "no pickles from outside"
effect = "warn"
executable = true
dry_run = true
unless.approved = true
"""
"""What a new policy begins with: a rule that only says what it would have done."""


async def show(visit: Visit) -> Response:
    """The policies in force, with their rules."""
    found = await legislate.policies_in_force(visit.registry, visit.actor)
    return visit.render("policies.html", found=found)


async def show_one(visit: Visit) -> Response:
    """One policy's versions, and what changed between two of them."""
    rows = await legislate.policy_versions(visit.registry, visit.params["name"], visit.actor)
    newer = _version(rows, visit.number("to", rows[0].version))
    older = _version(rows, visit.number("from", max(newer.version - 1, rows[-1].version)))
    return visit.render("policy.html", rows=rows, newer=newer, older=older, difference=_difference(older, newer))


def _version(rows: list[PolicyRow], number: int) -> PolicyRow:
    for row in rows:
        if row.version == number:
            return row
    raise NotFound(f"the policy {rows[0].name!r} has no version {number}")


def _difference(older: PolicyRow, newer: PolicyRow) -> list[tuple[str, str]]:
    kinds = {"+": "added", "-": "removed", "@": "hunk"}
    lines = list(difflib.unified_diff(older.text.split("\n"), newer.text.split("\n"), lineterm="", n=3))[2:]
    return [(kinds.get(line[:1], "same"), line) for line in lines]


@dataclass(frozen=True, slots=True)
class Effect:
    """What is known of a text: what it would have done, why it can't be used, or neither yet."""

    found: Simulation | None = None
    error: EntrepotError | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it has not been tried out."""
        return self.found is None and self.error is None


async def edit(visit: Visit) -> Response:
    """The editor, with the policy that is in force under that name, perhaps without one of its rules."""
    require_administrator(visit.actor)
    name, without = visit.asked("name"), visit.asked("without")
    text = (await legislate.policy_versions(visit.registry, name, visit.actor))[0].text if name else BEGINNING
    try:
        text = without_rule(text, without) if without else text
    except EntrepotError as error:
        return _editor(visit, text, Effect(error=error), status_of(error))
    return _editor(visit, text, Effect())


async def effect(visit: Visit) -> Response:
    """What the text that was typed would have done: as a part of the editor, or with all of it."""
    require_administrator(visit.actor)
    found = await _tried(visit, visit.typed("text"))
    if visit.is_partial:
        return visit.render("policy-effect.html", effect=found, days=DAYS, shown=SHOWN)
    return _editor(visit, visit.typed("text"), found)


def _editor(visit: Visit, text: str, effect: Effect, status: int = 200) -> Response:
    note = visit.typed("note")
    return visit.render("policy-editor.html", status, text=text, effect=effect, days=DAYS, shown=SHOWN, note=note)


async def _tried(visit: Visit, text: str) -> Effect:
    since = datetime.now(UTC) - timedelta(days=DAYS)
    try:
        return Effect(await simulate(visit.registry, text, since, visit.actor, MOST_REQUESTS))
    except EntrepotError as error:
        return Effect(error=error)


async def apply(visit: Visit) -> Response:
    """The text is in force from now on; one that is refused stays in the editor, with line and reason."""
    try:
        made = await legislate.apply_policy(visit.registry, visit.typed("text"), visit.typed("note"), visit.actor)
    except EntrepotError as error:
        require_administrator(visit.actor)
        return _editor(visit, visit.typed("text"), Effect(error=error), status_of(error))
    return visit.go(policy_url(made.row.name))


async def remove(visit: Visit) -> Response:
    """There is no such policy from now on; its versions stay."""
    await legislate.remove_policy(visit.registry, visit.params["name"], visit.typed("note"), visit.actor)
    return visit.go("/policies")


PAGE = Page(
    "policies",
    (
        View("GET", "/policies", show),
        View("POST", "/policies", apply),
        View("GET", "/policies/{name}", show_one),
        View("POST", "/policies/{name}/remove", remove),
        View("GET", "/policy-editor", edit),
        View("POST", "/policy-editor/effect", effect),
    ),
    rail="Policies",
    path="/policies",
    order=60,
    key="o",
)
