"""Legislate: policies applied, shown and taken back. The one in force stays until another one could be read."""

from dataclasses import dataclass

from entrepot.catalog import policies
from entrepot.catalog.database import Database
from entrepot.catalog.policies import PolicyRow
from entrepot.domain.actor import Actor
from entrepot.domain.errors import Invalid, NotFound
from entrepot.operations.authorize import require_administrator
from entrepot.operations.registry import Registry
from entrepot.policy import Policy, default, parse

MAX_NOTE = 1000
BY_ITSELF = "entrepot"
"""Who applied the policy that a new instance begins with."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy in force: the version that was applied, and what was read in it."""

    row: PolicyRow
    policy: Policy


def begin(database: Database) -> bool:
    """Give an instance that never had a policy the default one; whether it did."""
    return database.now(policies.begin, parse(default()).name, default(), BY_ITSELF)


async def apply_policy(registry: Registry, text: str, note: str, actor: Actor) -> Standing:
    """The policy, in force from now on; raises `WrongPolicy` with line and reason, and then nothing has changed."""
    require_administrator(actor)
    if len(note) > MAX_NOTE:
        raise Invalid(f"a note has at most {MAX_NOTE} characters")
    policy = parse(text)
    row = await registry.database.write(policies.apply, policy.name, text, note, actor.name)
    registry.firewall.look_again()
    return Standing(row, policy)


async def remove_policy(registry: Registry, name: str, note: str, actor: Actor) -> None:
    """From now on there is no policy of that name; its versions stay to be read. Raises `NotFound`."""
    require_administrator(actor)
    if name not in {row.name for row in await registry.database.read(policies.in_force)}:
        raise NotFound(f"there is no policy called {name[:80]!r} in force")
    await registry.database.write(policies.apply, name, "", note[:MAX_NOTE], actor.name)
    registry.firewall.look_again()


async def policies_in_force(registry: Registry, actor: Actor) -> list[Standing]:
    """The policies that decide now, by name; for everybody who shows a token: who is refused may read why."""
    _require_known(actor)
    return [Standing(row, parse(row.text)) for row in await registry.database.read(policies.in_force)]


async def policy_versions(registry: Registry, name: str, actor: Actor) -> list[PolicyRow]:
    """Every version of a policy there was, the newest first; raises `NotFound`."""
    _require_known(actor)
    return await registry.database.read(policies.versions, name)


def _require_known(actor: Actor) -> None:
    if actor.is_anonymous:
        require_administrator(actor)
