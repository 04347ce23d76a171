"""Peruse: read stored files for our own purposes. Nothing that is read here leaves as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from entrepot.domain.content import File, Package
from entrepot.domain.errors import RevisionNotFound
from entrepot.operations.registry import Registry
from entrepot.operations.stored import stored
from entrepot.repositories import Repository


@dataclass(frozen=True, slots=True)
class Standing:
    """The files that stand at a ref before a change; none where the ref is new."""

    registry: Registry
    files: Mapping[str, File] = field(default_factory=dict)

    async def prefix(self, path: str, size: int) -> bytes:
        """The first bytes of a file, at most `size`; nothing where it is not there or not stored."""
        file = self.files.get(path)
        if file is None or file.blob is None:
            return b""
        source = await stored(self.registry, file.blob)
        return b"".join([piece async for piece in source.read(0, min(size, file.size))])

    async def text(self, path: str, limit: int) -> str:
        """A text file; empty where it is not there, longer than the limit, or not text."""
        file = self.files.get(path)
        if file is None or file.size > limit:
            return ""
        return (await self.prefix(path, limit)).decode("utf-8", "replace")


async def standing(registry: Registry, repository: Repository, package: Package, ref: str) -> Standing:
    """What stands at a ref of a package."""
    try:
        revision = await repository.revision(package.name, ref)
    except RevisionNotFound:
        return Standing(registry)
    items = await repository.listing(revision, None, True)
    return Standing(registry, {item.path.text: item for item in items if isinstance(item, File)})
