"""The firewall's values as JSON."""

from typing import Any

from entrepot.catalog.decisions import Line
from entrepot.catalog.policies import PolicyRow
from entrepot.domain.decision import Step
from entrepot.domain.waiver import Waiver
from entrepot.operations.legislate import Standing
from entrepot.operations.simulate import Simulation


def policy_row(row: PolicyRow) -> dict[str, Any]:
    """One version of a policy; an empty text says that from then on there is none."""
    return {
        "name": row.name,
        "version": row.version,
        "text": row.text,
        "note": row.note,
        "applied_by": row.applied_by,
        "applied_at": row.applied_at.isoformat(),
    }


def policy(standing: Standing) -> dict[str, Any]:
    """A policy in force, with its rules' names."""
    read = standing.policy
    rules = [{"name": rule.name, "effect": rule.effect.value, "dry_run": rule.dry_run} for rule in read.rules]
    more = {"repositories": list(read.repositories), "uploads": read.uploads, "rules": rules}
    return policy_row(standing.row) | more


def waiver(one: Waiver) -> dict[str, Any]:
    """A waiver."""
    scope = one.scope
    return {
        "id": one.id,
        "standing": one.standing.value,
        "policy": scope.policy,
        "rule": scope.rule,
        "repository": scope.repository,
        "package": scope.package,
        "commit": scope.commit,
        "digest": scope.digest,
        "reason": one.reason,
        "asked_by": one.asked_by,
        "asked_at": one.asked_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "decided_by": one.decided_by or None,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
        "answer": one.answer,
    }


def decision(line: Line) -> dict[str, Any]:
    """A decision as it was written down, without its trace."""
    recorded = line.recorded
    return {
        "id": recorded.uid,
        "number": line.number,
        "at": recorded.at.isoformat(),
        "actor": recorded.actor,
        "token": recorded.token_name,
        "address": recorded.address,
        "client": recorded.client,
        "door": recorded.door.value,
        "repository": recorded.repository,
        "package": recorded.package,
        "commit": recorded.commit,
        "path": recorded.path,
        "size": recorded.size,
        "digest": recorded.digest,
        "effect": recorded.decision.effect.value,
        "downloaded": recorded.gives,
        "rule": recorded.decision.rule,
        "policy": recorded.decision.policy,
        "reason": "; ".join(recorded.decision.reasons),
        "milliseconds": recorded.milliseconds,
        "hash": line.hash,
    }


def step(one: Step) -> dict[str, Any]:
    """One rule that was looked at, and the values that its conditions read."""
    return {
        "policy": one.policy,
        "rule": one.rule,
        "effect": one.effect.value,
        "outcome": one.outcome.value,
        "reason": one.reason,
        "conditions": [
            {
                "condition": reading.condition,
                "wanted": reading.wanted,
                "value": reading.value,
                "holds": reading.answer,
                "unless": reading.excepts,
            }
            for reading in one.readings
        ],
    }


def simulation(found: Simulation) -> dict[str, Any]:
    """What a policy would have done."""
    return {
        "requests": found.requests,
        "refused": found.refused,
        "warned": found.warned,
        "people": found.people,
        "complete": found.is_complete,
        "affected": [
            {
                "actor": one.actor,
                "package": one.package,
                "path": one.path,
                "effect": one.decision.effect.value,
                "rule": one.decision.rule,
                "reason": "; ".join(one.decision.reasons),
                "times": one.times,
                "last_at": one.last.isoformat(),
            }
            for one in found.affected
        ],
    }
