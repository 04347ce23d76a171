"""Where the git objects of one package come from: our catalog, or a mirror of what upstream has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from entrepot.catalog.git_objects import GitObjects
from entrepot.domain.actor import Actor
from entrepot.domain.content import File, Ref, Revision
from entrepot.domain.digest import GitOid
from entrepot.domain.door import Door
from entrepot.domain.git import LfsPointer
from entrepot.operations.browse import Place
from entrepot.operations.case import Case
from entrepot.operations.download import release
from entrepot.operations.gate import Clearance, screen
from entrepot.operations.git.walk import Leaf, Objects
from entrepot.operations.registry import Registry

T = TypeVar("T")

FEW = 8
"""Up to so many files of one commit are looked up one by one; for more, the whole listing is cheaper."""


class GitSource(Protocol):
    """The git objects of one package, for one actor who may read it."""

    async def refs(self) -> list[Ref]:
        """Every ref, by name."""

    async def refresh(self) -> None:
        """Ask upstream, where there is one, for what is new: a client has heard of it elsewhere."""

    async def ask(self, question: Callable[[Objects], T]) -> T:
        """What a plain function finds in the commits and trees."""

    async def leaves(self, commit: GitOid, leaves: Sequence[Leaf]) -> list[LfsPointer | Clearance]:
        """For each of some files of one commit: its pointer where it is a large one, else its bytes, cleared.

        Raises `Blocked` where one of them is kept from the caller.
        """


@dataclass(frozen=True, slots=True)
class CatalogSource:
    """A local package."""

    registry: Registry
    place: Place
    actor: Actor

    async def refs(self) -> list[Ref]:
        return await self.place.repository.refs(self.place.package)

    async def refresh(self) -> None:
        return

    async def ask(self, question: Callable[[Objects], T]) -> T:
        return await self.registry.database.read(
            lambda connection: question(GitObjects(connection, self.place.package.id))
        )

    async def leaves(self, commit: GitOid, leaves: Sequence[Leaf]) -> list[LfsPointer | Clearance]:
        revision = await self.place.repository.revision(self.place.package.name, commit.hex)
        case = Case(self.place.repository, revision, self.actor, Door.GIT)
        await screen(self.registry, case)
        files = await self._files(revision, leaves)
        return [await self._cleared(case.of(file), file) for file in files]

    async def _files(self, revision: Revision, leaves: Sequence[Leaf]) -> list[File]:
        repository = self.place.repository
        if len(leaves) <= FEW:
            return [await repository.file(revision, leaf.path) for leaf in leaves]
        everything = {item.path: item for item in await repository.listing(revision, None, True)}
        found = [everything[leaf.path] for leaf in leaves]
        return [item for item in found if isinstance(item, File)]

    async def _cleared(self, case: Case, file: File) -> LfsPointer | Clearance:
        await screen(self.registry, case)
        if file.lfs is not None:
            return LfsPointer(file.lfs, file.size)
        return await release(self.registry, case)
