"""Download: find a file, see its bytes inspected, and clear it for the way out."""

from dataclasses import dataclass

from entrepot.domain.actor import Action, Actor
from entrepot.domain.content import File, Revision
from entrepot.domain.names import Locator
from entrepot.operations.authorize import require, require_visible
from entrepot.operations.gate import Clearance, clear, screen
from entrepot.operations.ingest import ingest
from entrepot.operations.registry import Registry
from entrepot.repositories import Repository


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is there and may be asked for."""

    repository: Repository
    """The one that holds it: for a virtual repository the member."""
    revision: Revision
    file: File


async def look(registry: Registry, locator: Locator, actor: Actor) -> Found:
    """The file's description, without its bytes: what HEAD answers. Raises `NotFound` or `Blocked`."""
    asked = await registry.repository(locator.repository)
    require(actor, Action.READ, asked.row)
    repository = await asked.member(locator.package)
    revision = await repository.revision(locator.package, locator.ref)
    require_visible(actor, revision.package, locator.repository, locator.package)
    file = await repository.file(revision, locator.path)
    screen(registry, revision, file)
    return Found(repository, revision, file)


async def download(registry: Registry, locator: Locator, actor: Actor, *, counts: bool = True) -> Clearance:
    """The file, cleared for the way out; `counts` says whether this is a new download or one more part of one.

    No bytes leave without the clearance. Raises `NotFound`, `Blocked`, `NotReady` or `UpstreamError`.
    """
    found = await look(registry, locator, actor)
    file, source, report = await ingest(registry, found.repository, found.revision, found.file)
    if counts:
        registry.usage.count(found.revision.package)
    return clear(registry, found.revision, file, source, report)
