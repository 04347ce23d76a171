"""What decides, read at one moment: policies, waivers, and which repositories hold which others."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from entrepot.catalog import policies, repositories, waivers
from entrepot.catalog.policies import PolicyRow
from entrepot.catalog.repositories import RepositoryRow
from entrepot.domain.waiver import Waiver


@dataclass(frozen=True, slots=True)
class Statutes:
    """Everything that decides."""

    generation: str
    policies: list[PolicyRow]
    waivers: list[Waiver]
    repositories: list[RepositoryRow]


def read(connection: Connection, at: datetime) -> Statutes:
    """What is in force at that time."""
    return Statutes(
        policies.generation(connection),
        policies.in_force(connection),
        waivers.in_force(connection, at),
        repositories.everything(connection),
    )
