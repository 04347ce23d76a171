"""Manage: make, move, set up and delete packages, their branches and tags."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from entrepot.catalog import commits, packages, revisions
from entrepot.catalog.packages import Settings
from entrepot.domain.actor import Action, Actor
from entrepot.domain.attributes import default_attributes
from entrepot.domain.changes import DeleteFile
from entrepot.domain.content import File, Package
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import AlreadyExists, Conflict, Forbidden, PackageNotFound
from entrepot.domain.git import Signature
from entrepot.domain.names import FilePath, PackageName, RefName, RepositoryKey
from entrepot.operations.authorize import require, require_visible
from entrepot.operations.describe import describe
from entrepot.operations.publish import Draft, InlineFile, Item, publish
from entrepot.operations.registry import Registry
from entrepot.repositories import Repository


@dataclass(frozen=True, slots=True)
class Workplace:
    """A package that the actor may change, and the local repository that holds it."""

    repository: Repository
    package: Package


async def workplace(
    registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor, action: Action = Action.WRITE
) -> Workplace:
    """The package, for somebody who may do that to it; raises `NotFound`, `Unauthenticated` or `Forbidden`."""
    asked = await registry.repository(key)
    require(actor, Action.READ, asked.row)
    require(actor, action, asked.row)
    holder = await asked.member(name)
    package = await holder.package(name)
    require_visible(actor, package, key, name)
    if holder.row.kind != "local":
        raise Forbidden(f"{name} is cached from upstream in {holder.row.key} and can't be changed here")
    if holder.row.key not in (key, asked.row.deploy_to):
        # A grant to write here is one to write where uploads go, and not into everything that can be read here.
        raise Forbidden(f"{name} is in {holder.row.key}, which {key} only reads from; change it there")
    return Workplace(holder, package)


async def create(registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor, *, private: bool) -> Package:
    """The new package with its first commit; raises `AlreadyExists`, `Forbidden`."""
    asked = await registry.repository(key)
    require(actor, Action.READ, asked.row)
    require(actor, Action.WRITE, asked.row)
    target = await asked.deploy_target(name)
    await _require_free(registry, asked, name)
    package = await registry.database.write(packages.create, target.row.id, name, private=private)
    await publish(registry, target, actor, Draft(package, revisions.MAIN, "initial commit", "", _first_items(name)))
    return package


async def _require_free(registry: Registry, asked: Repository, name: PackageName) -> None:
    """Go on, or raise: beside a package of that name in another local member, this one could not be told apart."""
    if name.namespace is None:
        raise Forbidden(f"a new {name.type} needs a namespace: 'somebody/{name.name}'")
    for key in asked.row.members:
        member = await registry.repository(key)
        # Nobody outside is asked: a name that is made here is nobody's business there.
        if member.row.kind == "local" and key != asked.row.deploy_to and await _has(member, name):
            raise AlreadyExists(f"there is a {name.type} called {name} in {key} already")


async def _has(local: Repository, name: PackageName) -> bool:
    try:
        await local.package(name)
    except PackageNotFound:
        return False
    return True


async def _first_items(name: PackageName) -> AsyncIterator[Item]:
    yield InlineFile(FilePath(".gitattributes"), default_attributes(name.type).encode())


async def delete(registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor) -> None:
    """The package and all its names are gone; its bytes go with the next collection."""
    here = await workplace(registry, key, name, actor, Action.DELETE)
    await registry.database.write(packages.remove, here.package.id)


async def move(registry: Registry, key: RepositoryKey, name: PackageName, to: PackageName, actor: Actor) -> None:
    """The package has another name; the old one leads there until somebody takes it. Raises what `create` raises."""
    here = await workplace(registry, key, name, actor)
    await _require_free(registry, await registry.repository(key), to)
    await registry.database.write(packages.move, here.package, to)


async def configure(
    registry: Registry, key: RepositoryKey, name: PackageName, settings: Settings, actor: Actor
) -> None:
    """Who may see the package is changed."""
    here = await workplace(registry, key, name, actor)
    await registry.database.write(packages.configure, here.package.id, settings)


async def create_branch(registry: Registry, here: Workplace, branch: RefName, start: str) -> None:
    """A branch that begins at a ref or commit; raises `AlreadyExists`, `RevisionNotFound`."""
    commit = await registry.database.read(revisions.commit_of, here.package.id, start or "main")
    await registry.database.write(revisions.create_ref, here.package.id, branch, commit)


async def create_tag(registry: Registry, here: Workplace, tag: RefName, at: str, message: str) -> None:
    """A tag at a ref or commit; raises `AlreadyExists`, `RevisionNotFound`. Tags stay where they are."""
    commit = await registry.database.read(revisions.commit_of, here.package.id, at or "main")
    await registry.database.write(revisions.create_ref, here.package.id, tag, commit, message)


async def delete_ref(registry: Registry, here: Workplace, ref: RefName) -> None:
    """The branch or tag is gone; raises `RevisionNotFound`, and `Conflict` for the main branch."""
    if ref == revisions.MAIN:
        raise Conflict("the branch main can't be deleted; delete the package, or squash the branch")
    await registry.database.write(revisions.delete_ref, here.package.id, ref)


async def squash(registry: Registry, here: Workplace, branch: RefName, message: str, actor: Actor) -> GitOid:
    """The branch's one commit, after its history was folded."""
    by = Signature(actor.name, "", int(datetime.now(UTC).timestamp()))
    commit = await registry.database.write(commits.squash, here.package.id, branch, message, by)
    await describe(registry, here.repository, here.package)
    return commit


async def delete_large_files(
    registry: Registry, here: Workplace, actor: Actor, digests: frozenset[Digest], *, rewrite: bool
) -> None:
    """The main branch is without these large files; with `rewrite` history is folded, so that nothing names them."""
    revision = await here.repository.revision(here.package.name, "main")
    items = await here.repository.listing(revision, None, True)
    gone = [DeleteFile(item.path) for item in items if isinstance(item, File) and item.lfs in digests]
    if gone:
        message = f"Delete {len(gone)} large files"
        await publish(registry, here.repository, actor, Draft(here.package, revisions.MAIN, message, "", _each(gone)))
    if rewrite:
        await squash(registry, here, revisions.MAIN, "Rewrite history without large files", actor)


async def _each(items: Sequence[Item]) -> AsyncIterator[Item]:
    for item in items:
        yield item
