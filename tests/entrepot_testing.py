"""What tests are made of: a registry on an empty SQLite catalog and a folder of blobs."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from entrepot.blobs.backends.disk import DiskBlobs
from entrepot.blobs.staging import Staging
from entrepot.catalog import policies, repositories
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.schema import metadata
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.content import File, Revision
from entrepot.domain.door import Door
from entrepot.domain.names import RepositoryKey
from entrepot.operations.case import Case
from entrepot.operations.firewall import Firewall
from entrepot.operations.flight import Flights
from entrepot.operations.registry import Registry
from entrepot.operations.signing import Signer
from entrepot.operations.usage import Usage
from entrepot.plugins import collect
from entrepot.repositories import Parts, Repository, RepositoryKind
from entrepot.repositories.upstream import Upstream
from entrepot.settings import Settings

T = TypeVar("T")

READER = Actor("reader", 1, 1, "a token", (Grant("*", frozenset({Action.READ})),))
"""Somebody who may read everything and change nothing."""


def no_upstream(row: RepositoryRow) -> Upstream:
    """For registries that have no remote repositories."""
    raise AssertionError(f"nobody expected {row.key} to be asked")


def make_registry(
    folder: Path,
    *,
    upstream: Callable[[RepositoryRow], Upstream] = no_upstream,
    database_url: str = "",
    **settings: Any,
) -> Registry:
    """A registry without repositories; several on one folder are like the processes of one server."""
    chosen = Settings(data=str(folder), **{"scanning": "off", **settings})
    database = Database(database_url or chosen.database_url, readers=2)
    metadata.create_all(database.engine)
    store = DiskBlobs(folder)
    kinds = collect("entrepot.repositories", "KIND", RepositoryKind, lambda kind: kind.name)

    async def open_repository(key: RepositoryKey) -> Repository:
        row = await database.read(repositories.find, key)
        return kinds[row.kind.value].build(row, parts)

    parts = Parts(
        database=database,
        upstream=upstream,
        branch_age=timedelta(seconds=chosen.branch_seconds),
        missing_age=timedelta(seconds=chosen.missing_seconds),
        open=open_repository,
    )
    return Registry(
        settings=chosen,
        database=database,
        blobs=store,
        staging=Staging(store.folder),
        flights=Flights(store.folder),
        signer=Signer("a key for tests"),
        parts=parts,
        kinds=kinds,
        usage=Usage(),
        firewall=Firewall(chosen),
    )


async def close_registry(registry: Registry) -> None:
    """Let go of what a registry holds."""
    await registry.flights.close(5)
    await registry.firewall.close()
    registry.database.close()


def add_repository(registry: Registry, key: str, kind: Kind = Kind.LOCAL, **more: Any) -> RepositoryRow:
    """A new repository; members and the deploy target are written as texts."""
    members = tuple(RepositoryKey(member) for member in more.pop("members", ()))
    deploy = more.pop("deploy_to", None)
    row = RepositoryRow(
        RepositoryKey(key), kind, members=members, deploy_to=RepositoryKey(deploy) if deploy else None, **more
    )
    return registry.database.now(repositories.create, row)


def apply_policy(registry: Registry, text: str, name: str = "test") -> None:
    """Put a policy in force; an empty text says that there is none of that name any more."""
    registry.database.now(policies.apply, name, text, "for a test", "tester")
    registry.firewall.look_again()


def rule_about(condition: str, *, name: str = "a rule", effect: str = "block") -> str:
    """A policy for every repository with one rule of one condition, as `path = ["a.txt"]`."""
    return f'name = "test"\nrepositories = ["*"]\n[[rule]]\nname = "{name}"\neffect = "{effect}"\n{condition}\n'


def case_of(repository: Repository, revision: Revision, file: File, actor: Actor = READER) -> Case:
    """The case of somebody who downloads that file."""
    return Case(repository, revision, actor, Door.FILE, file)


def run(test: Callable[..., Coroutine[Any, Any, T]], *args: Any, **kw: Any) -> T:
    """What the coroutine function returns, run to its end on a new event loop."""
    return asyncio.run(partial(test, *args, **kw)())
