"""Clone: what a git client lacks, as one pack. Every file in it has been cleared; large ones go in as pointers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from entrepot.catalog.repositories import Kind
from entrepot.domain.actor import Actor
from entrepot.domain.content import Ref
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import Corrupt, NotFound, NotReady, TooLarge
from entrepot.domain.git import LfsPointer, blob_oid
from entrepot.domain.names import PackageName, RepositoryKey
from entrepot.operations import browse
from entrepot.operations.gate import Clearance
from entrepot.operations.git import walk as walking
from entrepot.operations.git.mirror_source import MirrorSource
from entrepot.operations.git.packing import Pack
from entrepot.operations.git.source import CatalogSource, GitSource
from entrepot.operations.git.walk import Leaf, Objects, Walked, Wanted
from entrepot.operations.registry import Registry

READ_AT_ONCE = 200
"""How many commits and trees are read in one transaction."""
MOST_COMMITS = 5000
"""How many commits one pack may have files from: the package is judged as it was at each."""
CLEARED_AT_ONCE = 1000
"""How many files are cleared before their bytes are read."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What the client lacks; `pack` is its to close."""

    shallow: tuple[GitOid, ...]
    """Commits whose parents it is not sent."""
    unshallow: tuple[GitOid, ...]
    """Commits whose parents it lacked so far."""
    pack: Pack


async def open_source(registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor) -> GitSource:
    """The package's git objects, for somebody who may read it; raises `NotFound`."""
    place = await browse.place(registry, key, name, actor)
    if place.repository.row.kind is Kind.REMOTE:
        return MirrorSource.of(registry, place, actor)
    return CatalogSource(registry, place, actor)


async def refs(source: GitSource) -> list[Ref]:
    """Every ref of the package, by name."""
    return await source.refs()


async def common(source: GitSource, haves: tuple[GitOid, ...]) -> list[GitOid]:
    """Those of the client's commits that the package has."""
    return await source.ask(lambda objects: walking.common(objects, haves))


async def pack(registry: Registry, source: GitSource, wanted: Wanted) -> Packed:
    """All that the client lacks. Raises `NotFound` for commits that are not there, `Blocked`, `TooLarge`."""
    if await common(source, wanted.wants) != list(wanted.wants):
        await source.refresh()
    known = set(await common(source, wanted.wants))
    for want in wanted.wants:
        if want not in known:
            raise NotFound(f"not our ref {want}")
    walked = await source.ask(lambda objects: walking.walk(objects, wanted))
    files = {leaf.oid for leaf in walked.leaves}
    if len({leaf.commit for leaf in walked.leaves}) > MOST_COMMITS:
        raise TooLarge(f"more than {MOST_COMMITS:,} commits brought files, and each is judged; clone it with --depth")
    packed = Pack(registry.staging.folder, len(walked.commits) + len(walked.trees) + len(files))
    try:
        await _add_commits_and_trees(source, walked, packed)
        await _add_files(source, walked.leaves, packed)
        await packed.finish()
    except BaseException:
        packed.close()
        raise
    return Packed(tuple(walked.shallow), tuple(walked.unshallow), packed)


async def _add_commits_and_trees(source: GitSource, walked: Walked, packed: Pack) -> None:
    for start in range(0, len(walked.commits), READ_AT_ONCE):
        for data in await source.ask(_commits(walked.commits[start : start + READ_AT_ONCE])):
            if data is None:
                raise NotReady("the history has just been folded; try again")
            await packed.add("commit", data)
    for start in range(0, len(walked.trees), READ_AT_ONCE):
        for data in await source.ask(_trees(walked.trees[start : start + READ_AT_ONCE])):
            await packed.add("tree", data)


def _commits(oids: Sequence[GitOid]) -> Callable[[Objects], list[bytes | None]]:
    return lambda objects: [objects.commit(oid) for oid in oids]


def _trees(oids: Sequence[GitOid]) -> Callable[[Objects], list[bytes]]:
    return lambda objects: [objects.tree(oid) for oid in oids]


async def _add_files(source: GitSource, leaves: list[Leaf], packed: Pack) -> None:
    added: set[GitOid] = set()
    for commit, group in groupby(leaves, lambda leaf: leaf.commit):
        here = list(group)
        for start in range(0, len(here), CLEARED_AT_ONCE):
            part = here[start : start + CLEARED_AT_ONCE]
            # Each place of a file is cleared, its bytes are packed once.
            for leaf, file in zip(part, await source.leaves(commit, part), strict=True):
                if leaf.oid not in added:
                    added.add(leaf.oid)
                    await packed.add("blob", await _bytes(leaf, file))


async def _bytes(leaf: Leaf, file: LfsPointer | Clearance) -> bytes:
    if isinstance(file, LfsPointer):
        data = file.data
    else:
        data = b"".join([piece async for piece in file.open(0, file.file.size)])
    if blob_oid(data) != leaf.oid:
        raise Corrupt(f"{leaf.path} at {leaf.commit} does not have the bytes that git knows as {leaf.oid}")
    return data
