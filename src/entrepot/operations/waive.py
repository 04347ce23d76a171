"""Waive: dated, scoped exceptions to a rule; asked for by anybody who may read, decided by those who may administer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from entrepot.catalog import decisions, waivers
from entrepot.catalog.waivers import Plea
from entrepot.domain.actor import Action, Actor
from entrepot.domain.errors import Forbidden, Invalid, NotFound, RepositoryNotFound, Unauthenticated
from entrepot.domain.names import RepositoryKey
from entrepot.domain.waiver import Scope, Standing, Waiver
from entrepot.metadata.text import is_storable
from entrepot.operations.authorize import knows_of, reaches
from entrepot.operations.registry import Registry

MAX_REASON = 2000
MAX_DECISION = 32
MOST_CHARACTERS = {"policy": 80, "rule": 120, "repository": 64, "package": 220, "commit": 40, "digest": 64}
"""What fits into the catalog."""
LONGEST_DAYS = 366
"""Nobody remembers longer what an exception was for."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody asks for: scope, reason, for how many days, and the decision that led to it."""

    scope: Scope
    reason: str
    days: float
    decision: str = ""


async def ask_waiver(registry: Registry, asking: Asking, actor: Actor) -> Waiver:
    """The waiver, waiting for somebody to decide; raises `Invalid` for one without bounds, reason or end."""
    if actor.is_anonymous:
        raise Unauthenticated("to ask for a waiver you need a token: whoever decides wants to know who asks")
    reason = _text(asking.reason, "a reason")
    if not 0 < asking.days <= LONGEST_DAYS:
        raise Invalid(f"a waiver lasts more than 0 and at most {LONGEST_DAYS} days")
    if not asking.scope.is_bounded:
        raise Invalid("a waiver names a digest, a commit, a package or a rule: it can't be for everything")
    for what, most in MOST_CHARACTERS.items():
        if not is_storable(text := getattr(asking.scope, what)) or len(text) > most:
            raise Invalid(f"the {what} of a waiver has at most {most} characters, none of them invisible")
    if not is_storable(asking.decision) or len(asking.decision) > MAX_DECISION:
        raise Invalid(f"there is no decision {asking.decision[:40]!r}")
    if asking.scope.repository and not await reaches(registry, actor, RepositoryKey(asking.scope.repository)):
        raise RepositoryNotFound(f"there is no repository called {asking.scope.repository}")
    plea = Plea(asking.scope, reason, datetime.now(UTC) + timedelta(days=asking.days), asking.decision)
    return await registry.database.write(waivers.ask, plea, actor.name)


async def scope_of(registry: Registry, uid: str, actor: Actor) -> Scope:
    """What a waiver would have to cover for a decision to turn out otherwise; raises `NotFound`, and `Invalid`."""
    await registry.firewall.record.write_down(registry.database)
    line = await registry.database.read(decisions.find, uid)
    if line is None:
        raise NotFound(f"there is no decision {uid[:40]!r}")
    recorded = line.recorded
    if not await knows_of(registry, actor, RepositoryKey(recorded.repository), recorded.package):
        raise NotFound(f"there is no decision {uid[:40]!r}")
    rule, policy = recorded.decision.rule, recorded.decision.policy.rpartition("@")[0]
    if not rule:
        # A waiver without a rule would be one from all of them.
        raise Invalid("nothing was refused by that decision, so that there is nothing to waive")
    law = await registry.firewall.law(registry.database)
    rules = [one for standing in law.policies if standing.name == policy for one in standing.rules]
    is_about_files = any(one.name == rule and one.is_about_files for one in rules)
    if recorded.path and recorded.digest and is_about_files:
        # The next upload is another commit, and the next try another download of the same bytes.
        return Scope(rule, recorded.repository, recorded.package, "", recorded.digest, policy)
    return Scope(rule, recorded.repository, recorded.package, recorded.commit, policy=policy)


async def decide_waiver(registry: Registry, number: int, standing: Standing, answer: str, actor: Actor) -> Waiver:
    """The waiver, granted, refused or withdrawn, with a reason; it counts at once.

    Raises `Forbidden` for who may not administer its repository, and for who asked, where two people are needed.
    """
    waiver = await registry.database.read(waivers.find, number)
    _require_reviewer(actor, waiver.scope)
    is_own = actor.name == waiver.asked_by
    if standing is Standing.GRANTED and is_own and registry.settings.two_person_waivers == "on":
        raise Forbidden("a waiver is granted by somebody else than who asked for it; withdraw it, or ask a colleague")
    decided = await registry.database.write(
        waivers.decide, number, standing, actor.name, _text(answer, "why it is decided so")
    )
    registry.firewall.look_again()
    return decided


async def withdraw_waiver(registry: Registry, number: int, answer: str, actor: Actor) -> Waiver:
    """The waiver, taken back by who asked for it, or by who may decide."""
    waiver = await registry.database.read(waivers.find, number)
    if actor.is_anonymous or actor.name != waiver.asked_by:
        _require_reviewer(actor, waiver.scope)
    decided = await registry.database.write(
        waivers.decide, number, Standing.WITHDRAWN, actor.name, _text(answer, "a reason")
    )
    registry.firewall.look_again()
    return decided


async def list_waivers(registry: Registry, standing: Standing | None, actor: Actor) -> list[Waiver]:
    """The waivers that the actor may decide, or asked for; the newest first."""
    if actor.is_anonymous:
        raise Unauthenticated("to see waivers you need a token")
    found = await registry.database.read(waivers.everything, standing)
    return [waiver for waiver in found if waiver.asked_by == actor.name or may_decide(actor, waiver.scope)]


def may_decide(actor: Actor, scope: Scope) -> bool:
    """Whether somebody has the right to decide about a waiver of that scope."""
    if actor.is_administrator:
        return True
    return bool(scope.repository) and actor.may(Action.ADMINISTER, RepositoryKey(scope.repository))


def _require_reviewer(actor: Actor, scope: Scope) -> None:
    if actor.is_anonymous:
        raise Unauthenticated("to decide about a waiver you need a token")
    if not may_decide(actor, scope):
        place = scope.repository or "every repository"
        raise Forbidden(f"the token {actor.token_name!r} may not decide about waivers for {place} ('administer')")


def _text(text: str, what: str) -> str:
    found = text.strip()
    if not found or len(found) > MAX_REASON or not is_storable(found):
        raise Invalid(f"{what} has to be given, in at most {MAX_REASON} characters")
    return found
