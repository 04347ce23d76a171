"""What tests are made of: a registry on an empty SQLite catalog and a folder of blobs."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from entrepot.blobs.backends.disk import DiskBlobs
from entrepot.blobs.staging import Staging
from entrepot.catalog import repositories
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.schema import metadata
from entrepot.domain.names import RepositoryKey
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


def run(test: Callable[..., Coroutine[Any, Any, T]], *args: Any, **kw: Any) -> T:
    """What the coroutine function returns, run to its end on a new event loop."""
    return asyncio.run(partial(test, *args, **kw)())
