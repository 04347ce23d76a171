"""Locate: the file that a Xet hash stands for, where the ticket's holder may have it."""

from collections.abc import Iterable

from entrepot.catalog import blobs
from entrepot.domain.content import Blob, File, Folder
from entrepot.domain.door import Door
from entrepot.domain.errors import FileNotFound
from entrepot.domain.git import LfsPointer
from entrepot.domain.names import FilePath
from entrepot.operations.browse import Question, View, view
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket
from entrepot.operations.xet.memory import Place
from entrepot.xet import virtual
from entrepot.xet.merkle import XetHash


async def locate(registry: Registry, ticket: Ticket, file: XetHash, door: Door) -> Place:
    """The file of the ticket's revision that has this hash, the true one or that of its virtual xorbs.

    A ticket to write also finds what was sent to the repository and is not named yet. Raises `NotFound` or `Blocked`.
    """
    here = await view(registry, Question(ticket.key, ticket.package, ticket.actor, door), ticket.ref)
    path = await _path(registry, here, file)
    if path is not None:
        return here.repository, here.revision, await here.repository.file(here.revision, path)
    if ticket.may_write and (blob := await _sent(registry, here, file)) is not None:
        return here.repository, here.revision, _unnamed(blob)
    raise FileNotFound(
        f"{ticket.package} has no file with the Xet hash {file} at {ticket.ref}", here.revision.commit.hex
    )


async def _path(registry: Registry, here: View, file: XetHash) -> FilePath | None:
    key = (here.repository.row.id, here.revision.package.name, here.revision.commit)
    known = registry.xet.listings.get(key)
    if known is None or file.text not in known:
        # A file that was stored plain may have got its true hash since the listing was read.
        known = _by_hash(await here.repository.listing(here.revision, None, True))
        registry.xet.listings.put(key, known)
    return known.get(file.text)


def _by_hash(items: Iterable[File | Folder]) -> dict[str, FilePath]:
    found: dict[str, FilePath] = {}
    for item in items:
        if isinstance(item, File) and item.lfs is not None:
            found.setdefault(virtual.file_hash(item.lfs).text, item.path)
            if item.blob is not None and item.blob.xet:
                found.setdefault(item.blob.xet, item.path)
    return found


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
