"""Large files by digest: links to send them to and get them from, each good for one file, one purpose and some time."""

import hashlib
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from entrepot.blobs.threads import in_thread
from entrepot.catalog import blobs
from entrepot.domain.actor import Actor
from entrepot.domain.content import File, Json, Revision
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door
from entrepot.domain.errors import FileNotFound, Forbidden, Invalid, NotFound, TooLarge
from entrepot.domain.names import FilePath, Locator, PackageName, PackageType, RepositoryKey
from entrepot.operations import browse
from entrepot.operations.authorize import actor_of_token
from entrepot.operations.browse import Place
from entrepot.operations.by_digest import places_of, within_reach
from entrepot.operations.download import find, look, release_everywhere
from entrepot.operations.gate import Clearance
from entrepot.operations.manage import Workplace, workplace
from entrepot.operations.publish import upload
from entrepot.operations.registry import Registry

PART_BYTES = 512 << 20
"""Files above this are sent in parts of this size by clients that can: a broken connection costs one part."""
MOST_PLACES = 1000
"""At how many paths of a commit the same bytes may stand that are asked for by digest: they are judged at each."""
UPLOAD, DOWNLOAD = "lfs-upload", "lfs-download"


@dataclass(frozen=True, slots=True)
class Link:
    """A capability in text, what it is for, and for how many seconds."""

    capability: str
    size: int
    seconds: int


def part_count(size: int) -> int:
    """In how many parts a file of that size is sent."""
    return -(-size // PART_BYTES)


async def invite(registry: Registry, here: Workplace, actor: Actor, digest: Digest, size: int) -> Link | None:
    """Where to send the bytes; None where they are here already, and the actor may know it."""
    if size > registry.settings.max_file_bytes:
        raise TooLarge(f"{size} bytes are more than the {registry.settings.max_file_bytes} that one file may have")
    blob = await within_reach(registry, Place(here.repository, here.package), actor, digest)
    if blob is not None:
        return None
    claims = _claims(here.repository.row.key, here.package.name, actor) | {"oid": digest.hex, "size": size}
    return _link(registry, UPLOAD, claims, size)


def _claims(key: RepositoryKey, name: PackageName, actor: Actor) -> dict[str, Json]:
    return {"repository": key.text, "type": name.type.value, "package": name.id, "token": actor.token_id}


def _link(registry: Registry, purpose: str, claims: Mapping[str, Json], size: int) -> Link:
    seconds = registry.settings.link_seconds
    return Link(registry.signer.sign(purpose, claims, seconds), size, seconds)


@dataclass(frozen=True, slots=True)
class _Errand:
    """What a link says: who may do what with which file."""

    key: RepositoryKey
    package: PackageName
    actor: Actor
    digest: Digest
    claims: Mapping[str, Json]


async def _errand(registry: Registry, purpose: str, capability: str) -> _Errand:
    claims = registry.signer.open(purpose, capability)
    name = PackageName.parse(PackageType(str(claims["type"])), str(claims["package"]))
    token = claims["token"]
    # A link is worth no more than the token behind it is worth now.
    actor = await actor_of_token(registry, token if isinstance(token, int) else None)
    return _Errand(RepositoryKey(str(claims["repository"])), name, actor, Digest(str(claims["oid"])), claims)


def _size(errand: _Errand) -> int:
    size = errand.claims["size"]
    if not isinstance(size, int):
        raise Forbidden("the link is malformed")
    return size


async def receive(registry: Registry, capability: str, pieces: AsyncIterator[bytes], announced: int | None) -> None:
    """Take in the bytes that the link is for; raises `Invalid` for any others, and `Forbidden` for other links."""
    errand = await _errand(registry, UPLOAD, capability)
    if announced is not None and announced != _size(errand):
        raise Invalid(f"the link is for {_size(errand)} bytes; {announced} were announced")
    here = await workplace(registry, errand.key, errand.package, errand.actor)
    await upload(registry, here.repository, pieces, errand.digest, _size(errand))


async def receive_part(registry: Registry, capability: str, number: int, pieces: AsyncIterator[bytes]) -> str:
    """Take in one part, whichever comes first; its etag. Sent twice, the last one counts."""
    errand = await _errand(registry, UPLOAD, capability)
    await workplace(registry, errand.key, errand.package, errand.actor)
    size = _part_size(_size(errand), number)
    landed = await registry.staging.take(pieces, limit=size)
    if landed.size != size:
        landed.path.unlink(missing_ok=True)
        raise Invalid(f"part {number} has {size} bytes; {landed.size} came")
    folder = _folder(registry, errand)
    await in_thread(_file_part, folder, number, landed.path)
    return landed.digest.hex


def _part_size(size: int, number: int) -> int:
    if not 1 <= number <= part_count(size):
        raise Invalid(f"there is no part {number}; a file of {size} bytes has {part_count(size)}")
    return min(PART_BYTES, size - (number - 1) * PART_BYTES)


def _folder(registry: Registry, errand: _Errand) -> Path:
    # Who sends is part of the name: nobody can put a part into somebody else's file.
    sender = f"{errand.key}\0{errand.package.type}\0{errand.package.id}\0{errand.actor.user_id}\0{errand.digest}"
    return registry.staging.folder / f"parts-{hashlib.sha256(sender.encode()).hexdigest()[:40]}"


def _file_part(folder: Path, number: int, landed: Path) -> None:
    folder.mkdir(exist_ok=True, mode=0o700)
    landed.replace(folder / str(number))


async def complete(registry: Registry, capability: str, parts: Mapping[object, str]) -> None:
    """Make one file of the parts; raises `Invalid` where one is missing or they do not add up to the digest."""
    errand = await _errand(registry, UPLOAD, capability)
    here = await workplace(registry, errand.key, errand.package, errand.actor)
    size, folder = _size(errand), _folder(registry, errand)
    missing = [n for n in range(1, part_count(size) + 1) if n not in parts or not (folder / str(n)).is_file()]
    if missing:
        if await within_reach(registry, Place(here.repository, here.package), errand.actor, errand.digest) is not None:
            return  # it was completed before, and the answer got lost
        raise Invalid(f"part {missing[0]} is missing")
    await upload(registry, here.repository, _joined(folder, part_count(size)), errand.digest, size)
    await in_thread(shutil.rmtree, folder, True)


async def _joined(folder: Path, count: int) -> AsyncIterator[bytes]:
    for number in range(1, count + 1):
        with (folder / str(number)).open("rb") as part:
            while piece := await in_thread(part.read, 1 << 20):
                yield piece


async def offer(registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor, digest: Digest) -> Link:
    """Where to get the bytes, as long as some branch or tag of the package has them; raises `FileNotFound`."""
    revision, file = await _holding(registry, key, name, actor, digest)
    claims = _claims(key, name, actor) | {"oid": digest.hex, "commit": revision.commit.hex, "path": file.path.text}
    return _link(registry, DOWNLOAD, claims, file.size)


async def _holding(
    registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor, digest: Digest
) -> tuple[Revision, File]:
    place = await browse.place(registry, key, name, actor)
    row = place.repository.row
    # What a local repository does not have at all is not looked for in every revision.
    is_here = row.kind != "local" or await registry.database.read(blobs.reachable, digest, row.id) is not None
    commits = dict.fromkeys(ref.commit for ref in await browse.refs(place)) if is_here else {}
    for commit in commits:
        paths = await places_of(registry, place.repository, place.package, commit)
        if digest in paths:
            found = await look(registry, Locator(key, name, commit.hex, paths[digest][0]), actor, Door.LFS)
            return found.revision, found.file
    raise FileNotFound(f"no branch or tag of {name} has a large file with the digest {digest}")


async def open_link(registry: Registry, capability: str, caller: Actor) -> Clearance:
    """The file that the link is for, cleared once more; raises `Forbidden` for other links.

    Clients put it wherever its digest stands, so it is judged there, too.
    """
    errand = await _errand(registry, DOWNLOAD, capability)
    path, commit = FilePath(str(errand.claims["path"])), str(errand.claims["commit"])
    actor = errand.actor.seen_with(caller)
    case = await find(registry, Locator(errand.key, errand.package, commit, path), actor, Door.LFS)
    if case.file is None or case.file.lfs != errand.digest:
        raise NotFound(f"{path} is another file now")
    revision = case.revision
    paths = (await places_of(registry, case.repository, revision.package, revision.commit)).get(errand.digest, ())
    if len(paths) > MOST_PLACES:
        raise TooLarge(f"{path} stands at {len(paths)} places of the commit; download it by its path")
    others = [case.of(await case.repository.file(revision, other)) for other in paths if other != path]
    clearance = await release_everywhere(registry, [case, *others])
    registry.usage.count(revision.package)
    return clearance
