"""Browse: what is there, as far as the caller may know of it and the gate would show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from entrepot.catalog.search import Query, find_in
from entrepot.domain.actor import Action, Actor
from entrepot.domain.content import File, Folder, Package, Ref, Revision
from entrepot.domain.decision import ALLOWED, Decision
from entrepot.domain.door import Door
from entrepot.domain.errors import FileNotFound
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.operations.authorize import require, require_visible, sees_private
from entrepot.operations.case import Case
from entrepot.operations.gate import screen
from entrepot.operations.registry import Registry
from entrepot.repositories import Page, Repository

MAX_LOOKED_BACK = 50
"""How many commits are compared to find the one that changed a file; of an upstream each costs a listing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A package as one actor sees it: the repository that really holds it, and what it says of itself."""

    repository: Repository
    package: Package


@dataclass(frozen=True, slots=True)
class View:
    """A revision as one actor sees it."""

    case: Case
    """What was judged: the package at this revision, for this actor."""
    decision: Decision = ALLOWED

    @property
    def repository(self) -> Repository:
        """The repository that holds it."""
        return self.case.repository

    @property
    def revision(self) -> Revision:
        """The revision that the ref leads to."""
        return self.case.revision


async def place(registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor) -> Place:
    """The package, for somebody who may read it; raises `NotFound` otherwise."""
    repository = await _holder(registry, key, name, actor)
    package = await repository.package(name)
    require_visible(actor, package, key, name)
    return Place(repository, package)


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks for a package, in which repository, and how."""

    key: RepositoryKey
    name: PackageName
    actor: Actor
    door: Door = Door.PACKAGE
    lists: bool = False
    """Whether everything in the revision is wanted next: then it is asked for once, for the gate as well."""


async def view(registry: Registry, asked: Question, ref: str) -> View:
    """The revision, for somebody who may read it; raises `NotFound`, or `Blocked` or `Held` where policy says so."""
    repository = await _holder(registry, asked.key, asked.name, asked.actor)
    everything: list[File | Folder] | None = None
    # A gate that looks into nothing may refuse without the listing, which an upstream would be asked for.
    if asked.lists and not registry.firewall.is_blind:
        revision, everything = await repository.everything(asked.name, ref)
    else:
        revision = await repository.revision(asked.name, ref)
    require_visible(asked.actor, revision.package, asked.key, asked.name)
    case = Case(repository, revision, asked.actor, asked.door, listing=everything)
    return View(case, await screen(registry, case))


async def _holder(registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor) -> Repository:
    asked = await registry.repository(key)
    require(actor, Action.READ, asked.row)
    return await asked.member(name)


async def listing(view: View, folder: FilePath | None, *, recursive: bool) -> list[File | Folder]:
    """What stands in a folder of the revision, by path; raises `FileNotFound`."""
    if folder is None and recursive and view.case.listing is not None:
        return list(view.case.listing)
    return await view.repository.listing(view.revision, folder, recursive)


async def files(view: View) -> list[File]:
    """Every file of the revision, by path."""
    return [item for item in await listing(view, None, recursive=True) if isinstance(item, File)]


async def at_paths(view: View, paths: Sequence[FilePath]) -> list[File | Folder]:
    """What stands at the paths; those where nothing stands are left out."""
    wanted = {path.text for path in paths}
    try:
        everything = await listing(view, None, recursive=True)
    except FileNotFound:
        return []
    return [item for item in everything if item.path.text in wanted]


async def last_commits(view: View, items: Sequence[File | Folder]) -> dict[FilePath, Revision]:
    """For each item the commit that made it what it is; where history is too long, the oldest that was looked at."""
    open_items = {item.path for item in items}
    found: dict[FilePath, Revision] = {}
    history = await view.repository.history(view.revision.package, view.revision.commit.hex, MAX_LOOKED_BACK)
    for newer, older in pairwise(history):
        changed = await view.repository.changed(newer, older, open_items)
        found |= dict.fromkeys(changed, newer)
        open_items -= changed
        if not open_items:
            return found
    return found | dict.fromkeys(open_items, history[-1])


async def refs(place: Place) -> list[Ref]:
    """Every ref of the package, by name."""
    return await place.repository.refs(place.package)


async def history(place: Place, ref: str, limit: int) -> list[Revision]:
    """The commits that lead to a ref, the newest first."""
    return await place.repository.history(place.package, ref, limit)


async def history_length(place: Place, ref: str) -> int:
    """How many commits lead to a ref."""
    return await place.repository.history_length(place.package, ref)


async def search(registry: Registry, key: RepositoryKey, query: Query, cursor: str, actor: Actor) -> Page:
    """One page of the packages that match and that the actor may know of."""
    repository = await registry.repository(key)
    require(actor, Action.READ, repository.row)
    return await repository.search(replace(query, with_private=sees_private(actor, key)), cursor)


async def kept(registry: Registry, key: RepositoryKey, query: Query, actor: Actor) -> list[Package]:
    """A page of the packages that are known here, without asking an upstream; of a virtual repository its members'.

    It has one more than the query's limit where there are more.
    """
    repository = await registry.repository(key)
    require(actor, Action.READ, repository.row)
    rows = [(await registry.repository(member)).row for member in repository.row.members] or [repository.row]
    wanted = replace(query, limit=query.limit + 1, with_private=sees_private(actor, key))
    return await registry.database.read(find_in, [row.id for row in rows], wanted)


async def tags_by_type(registry: Registry, key: RepositoryKey, kind: PackageType, actor: Actor) -> Mapping[str, object]:
    """The tags that packages can be filtered by."""
    repository = await registry.repository(key)
    require(actor, Action.READ, repository.row)
    return await repository.tags_by_type(kind)
