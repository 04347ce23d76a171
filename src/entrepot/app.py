"""Puts the parts together: the only module that knows them all."""

import asyncio
import contextlib
import gc
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from entrepot import __version__, plugins
from entrepot.blobs.staging import Staging
from entrepot.blobs.store import Backend, BlobStore
from entrepot.catalog import instance, repositories
from entrepot.catalog.database import Database
from entrepot.catalog.migrate import migrate
from entrepot.domain.errors import EntrepotError, Invalid
from entrepot.domain.names import RepositoryKey
from entrepot.http.log import WithRequestId, set_up
from entrepot.http.mounts import Mounts
from entrepot.jobs import Job, run_forever, write_down_forever
from entrepot.operations import legislate, setup
from entrepot.operations.firewall import Firewall
from entrepot.operations.flight import Flights
from entrepot.operations.registry import Registry
from entrepot.operations.signing import Signer
from entrepot.operations.usage import Usage
from entrepot.protocols import WireProtocol
from entrepot.protocols.huggingface.upstream import HubUpstream
from entrepot.protocols.huggingface.upstream.pool import Pool
from entrepot.repositories import Parts, Repository, RepositoryKind
from entrepot.settings import Settings, multiprocess_folder
from entrepot.web.dispatch import Site


def build(settings: Settings) -> Registry:
    """The registry for these settings; needs a running event loop only once it is used."""
    folder = settings.data_folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database, store = Database(settings.database_url), open_store(settings)
    signer = Signer(setup.secret_key(folder, settings.secret_key))
    kinds = plugins.collect("entrepot.repositories", "KIND", RepositoryKind, lambda kind: kind.name)

    pool = Pool(settings.upstream_seconds)

    async def open_repository(key: RepositoryKey) -> Repository:
        row = await database.read(repositories.find, key)
        return kinds[row.kind.value].build(row, parts)

    parts = Parts(
        database=database,
        upstream=lambda row: HubUpstream(pool, row.key, row.upstream, signer.decrypt(row.upstream_token)),
        branch_age=timedelta(seconds=settings.branch_seconds),
        missing_age=timedelta(seconds=settings.missing_seconds),
        open=open_repository,
        let_go=pool.close,
    )
    return Registry(
        settings=settings,
        database=database,
        blobs=store,
        staging=Staging(store.folder),
        flights=Flights(store.folder),
        signer=signer,
        parts=parts,
        kinds=kinds,
        usage=Usage(),
        firewall=Firewall(settings),
    )


def open_store(settings: Settings) -> BlobStore:
    """The place for bytes that the settings name; raises `Invalid` for one that nobody knows or may write to."""
    backends = plugins.collect("entrepot.blobs.backends", "BACKEND", Backend, lambda backend: backend.scheme)
    scheme = urlsplit(settings.blobs_url).scheme
    if scheme not in backends:
        raise Invalid(f"there is no place for blobs called {scheme!r}; there are: {', '.join(sorted(backends))}")
    try:
        return backends[scheme].open(settings.blobs_url)
    except OSError as error:
        raise Invalid(f"{settings.blobs_url} can't hold blobs: {error.strerror}: {error.filename}") from error


def prepare(settings: Settings) -> str | None:
    """Bring the catalog up to date and set up a new instance; the administrator's token, if it was made just now.

    Raises `Invalid` for places that can't be written to.
    """
    _try_out(settings.data_folder, "data")
    _try_out(open_store(settings).folder, "blobs")
    database = Database(settings.database_url)
    try:
        migrate(database)
        legislate.begin(database)
        return setup.begin(database, settings.data_folder)
    finally:
        database.close()


def open_to_all(settings: Settings) -> list[str]:
    """The repositories that everybody may read who reaches the server, by key; `prepare` comes before."""
    database = Database(settings.database_url)
    try:
        return [row.key.text for row in database.now(repositories.everything) if row.anonymous_read]
    finally:
        database.close()


def _try_out(folder: Path, purpose: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Invalid(f"the folder {folder} can't hold {purpose}: {error.strerror}") from error


async def close(registry: Registry) -> None:
    """Let go of everything the registry holds; fetches that are under way get the time that the settings give."""
    await registry.flights.close(registry.settings.shutdown_seconds)
    await registry.firewall.close()
    await registry.parts.let_go()
    registry.database.close()


def create(settings: Settings) -> ASGIApp:
    """The application of one process; `prepare` comes before."""
    set_up(settings.log_level, settings.log_format)
    registry = build(settings)
    public_url = settings.public_url.rstrip("/")
    mounts = {protocol.mount: protocol.create(registry, public_url) for protocol in collect_protocols().values()}
    routes: list[BaseRoute] = [*_health(registry), Mount("/", Site(registry, public_url))]
    return WithRequestId(Mounts(mounts, Starlette(routes=routes, lifespan=_lifespan(registry))))


def collect_protocols() -> dict[str, WireProtocol]:
    """The protocols there are, by name."""
    return plugins.collect("entrepot.protocols", "PROTOCOL", WireProtocol, lambda protocol: protocol.name)


def _lifespan(registry: Registry) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[None]:
        jobs = plugins.collect("entrepot.jobs", "JOB", Job, lambda job: job.name)
        tasks = [
            asyncio.create_task(run_forever(registry, jobs)),
            asyncio.create_task(write_down_forever(registry)),
            asyncio.create_task(registry.firewall.record.write_forever(registry.database)),
        ]
        # What is there now stays: looking for garbage among it would stop every request for a tenth of a second.
        gc.collect()
        gc.freeze()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            with contextlib.suppress(EntrepotError):  # the last counts are lost; the rest is let go of all the same
                await registry.usage.write_down(registry.database)
            await close(registry)

    return live


def _health(registry: Registry) -> list[Route]:
    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        try:
            await registry.database.read(instance.read, instance.BEGUN)
        except EntrepotError as error:
            return JSONResponse({"ready": False, "error": error.message}, 503)
        return JSONResponse({"ready": True, "version": __version__})

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(_collected()), media_type=CONTENT_TYPE_LATEST)

    async def telemetry(_: Request) -> Response:
        # hf_xet reports to the root of the host, whatever its CAS URL is.
        return Response(None, 204)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/v1/telemetry", telemetry, methods=["POST"]),
    ]


def _collected() -> CollectorRegistry:
    """The numbers of this process, or of all workers of this machine where they share a folder for them."""
    if not multiprocess_folder():
        return REGISTRY
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library has no types there
    return together
