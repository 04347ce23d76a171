"""Locate: the file that a Xet hash stands for, where the ticket's holder may have it."""

from collections.abc import Iterable, Sequence

from entrepot.catalog import blobs
from entrepot.domain.content import Blob, File, Folder
from entrepot.domain.door import Door
from entrepot.domain.errors import FileNotFound
from entrepot.domain.git import LfsPointer
from entrepot.domain.names import FilePath
from entrepot.operations.browse import Question, View, view
from entrepot.operations.forecast import outlooks
from entrepot.operations.judge import judge_file
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket
from entrepot.operations.xet.memory import Place
from entrepot.xet import virtual
from entrepot.xet.merkle import XetHash

MOST_NAMES = 100
"""How many names of the same bytes are looked at for one that may leave; what has another one is asked for by path."""


async def locate(registry: Registry, ticket: Ticket, file: XetHash, door: Door) -> Place:
    """The file of the ticket's revision that has this hash, the true one or that of its virtual xorbs.

    Of several with the same bytes it is one that may leave, where there is one: whoever asks can have that one by its
    path, too. It is judged, and written down, under that name.
    A ticket to write also finds what was sent to the repository and is not named yet. Raises `NotFound` or `Blocked`.
    """
    here = await view(registry, Question(ticket.key, ticket.package, ticket.actor, door), ticket.ref)
    if paths := await _paths(registry, here, file):
        found = [await here.repository.file(here.revision, path) for path in paths[:MOST_NAMES]]
        return here.repository, here.revision, found[0] if len(found) == 1 else await _chosen(registry, here, found)
    if ticket.may_write and (blob := await _sent(registry, here, file)) is not None:
        return here.repository, here.revision, _unnamed(blob)
    raise FileNotFound(
        f"{ticket.package} has no file with the Xet hash {file} at {ticket.ref}", here.revision.commit.hex
    )


async def _chosen(registry: Registry, here: View, files: Sequence[File]) -> File:
    """The first that is known to pass, or else the first that nothing is known against; without either the first."""
    known = await outlooks(registry, here, files)
    passing = next((file for file in files if known[file.path].passes), None)
    if passing is not None:
        return passing
    for file in files:
        if known[file.path].decision is None:
            so_far = await judge_file(registry, here.case.of(file), None, is_final=False)
            if not so_far.effect.refuses:
                return file
    return files[0]


async def _paths(registry: Registry, here: View, file: XetHash) -> tuple[FilePath, ...]:
    key = (here.repository.row.id, here.revision.package.name, here.revision.commit)
    known = registry.xet.listings.get(key)
    if known is None or file.text not in known:
        # A file that was stored plain may have got its true hash since the listing was read.
        known = _by_hash(await here.repository.listing(here.revision, None, True))
        registry.xet.listings.put(key, known)
    return known.get(file.text, ())


def _by_hash(items: Iterable[File | Folder]) -> dict[str, tuple[FilePath, ...]]:
    found: dict[str, list[FilePath]] = {}
    for item in items:
        if isinstance(item, File) and item.lfs is not None:
            found.setdefault(virtual.file_hash(item.lfs).text, []).append(item.path)
            if item.blob is not None and item.blob.xet:
                found.setdefault(item.blob.xet, []).append(item.path)
    return {text: tuple(paths) for text, paths in found.items()}


async def _sent(registry: Registry, here: View, file: XetHash) -> Blob | None:
    for blob in await registry.database.read(blobs.find_by_xet, file.text):
        # What has a name is asked for by it: judged without one it would be another file.
        found = await registry.database.read(blobs.unnamed, blob.digest, here.repository.row.id)
        if found is not None:
            return found
    return None


def _unnamed(blob: Blob) -> File:
    """The file as a commit would have it that has not come yet; the gate judges it like any other."""
    return File(FilePath(blob.digest.hex), blob.size, LfsPointer(blob.digest, blob.size).oid, blob.digest, blob)
