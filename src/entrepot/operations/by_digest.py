"""By digest: bytes that somebody names without sending them, as far as they would be given to that one anyway."""

from collections.abc import Mapping
from itertools import islice

from entrepot.catalog import blobs, repositories, upstream
from entrepot.catalog.blobs import Held
from entrepot.domain.actor import Actor
from entrepot.domain.content import Blob, File, Package
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.door import Door
from entrepot.domain.errors import EntrepotError
from entrepot.domain.names import FilePath, Locator
from entrepot.operations import browse
from entrepot.operations.authorize import sees_private
from entrepot.operations.browse import Place
from entrepot.operations.download import look
from entrepot.operations.registry import Registry
from entrepot.repositories import Repository

MOST_PLACES = 5
"""At how many places it is asked whether somebody would be given the bytes, of packages, commits and paths each."""


async def within_reach(registry: Registry, here: Place, actor: Actor, digest: Digest) -> Blob | None:
    """The blob, where the actor may name it in that package; None otherwise.

    It was sent to the repository, the package has it, or some other place would give it to the actor. Whoever could
    name bytes by their digest alone would have everybody's, and those that policy keeps back.
    """
    known = await registry.database.read(blobs.at_hand, digest, here.repository.row.id, here.package.id)
    if known is not None:
        return known
    everything = await registry.database.read(repositories.everything)
    granted = [row.id for row in everything if sees_private(actor, row.key)]
    public = [row.id for row in everything if row.anonymous_read]
    for held in await registry.database.read(blobs.held, digest, granted, public, MOST_PLACES):
        if await _is_given(registry, held, actor):
            return held.blob
    for cached in await registry.database.read(upstream.cached, digest, granted, public, MOST_PLACES):
        if await _passes(registry, cached.where, actor):
            return cached.blob
    return None


async def _is_given(registry: Registry, held: Held, actor: Actor) -> bool:
    """Whether a branch or tag of the package has the bytes where the actor would be given them."""
    try:
        place = await browse.place(registry, held.repository, held.package, actor)
        commits = dict.fromkeys(ref.commit for ref in await browse.refs(place))
        for commit in islice(commits, MOST_PLACES):
            paths = await places_of(registry, place.repository, place.package, commit, also_small=True)
            for path in paths.get(held.blob.digest, ())[:MOST_PLACES]:
                if await _passes(registry, Locator(held.repository, held.package, commit.hex, path), actor):
                    return True
    except EntrepotError:
        return False
    return False


async def _passes(registry: Registry, where: Locator, actor: Actor) -> bool:
    try:
        return (await look(registry, where, actor, Door.LFS)).offers_xet
    except EntrepotError:
        return False  # whoever asks for it there is told why


async def places_of(
    registry: Registry, repository: Repository, package: Package, commit: GitOid, *, also_small: bool = False
) -> Mapping[Digest, tuple[FilePath, ...]]:
    """Where in a commit each of its large files is, or each file that is stored; remembered, as questions come in rows.

    Raises what asking an upstream for the list of files raises.
    """
    key = (package.id, commit, also_small)
    known = registry.large_files.get(key)
    if known is None:
        revision = await repository.revision(package.name, commit.hex)
        found: dict[Digest, list[FilePath]] = {}
        for item in await repository.listing(revision, None, True):
            digest = _digest(item, also_small=also_small) if isinstance(item, File) else None
            if digest is not None:
                found.setdefault(digest, []).append(item.path)
        known = {digest: tuple(paths) for digest, paths in found.items()}
        registry.large_files.put(key, known)
    return known


def _digest(file: File, *, also_small: bool) -> Digest | None:
    if file.lfs is None and also_small and file.blob is not None:
        return file.blob.digest
    return file.lfs
