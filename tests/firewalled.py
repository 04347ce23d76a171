"""A registry that scans, with a remote repository whose upstream does what a test wants."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from entrepot.catalog.repositories import Kind
from entrepot.domain.content import File
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.door import Door
from entrepot.domain.errors import AlreadyExists
from entrepot.domain.git import LfsPointer
from entrepot.domain.names import FilePath, Locator, PackageName, RepositoryKey
from entrepot.operations.download import download
from entrepot.operations.gate import Clearance
from entrepot.operations.registry import Registry
from entrepot_testing import READER, add_repository, apply_policy, close_registry, make_registry, rule_about
from fake_upstream import FIRST, FakeUpstream, model
from sparse_making import Sparse

KEY, NAME = RepositoryKey("remote"), model("org/model")
HOSTILE = b"\x80\x02cos\nsystem\nX\x07\x00\x00\x00echo hi\x85R."
NO_MALWARE = rule_about('verdict = "malicious"', name="nothing malicious")

Opening = Callable[[File, int, int | None], AsyncGenerator[bytes, None]]


@dataclass
class Mischief(FakeUpstream):
    """An upstream that counts the bytes it sends, and sends others where it is told to."""

    sparse: dict[str, Sparse] = field(default_factory=dict)
    glances: Opening | None = None
    """What it answers where a part that ends before the file is asked for."""
    fetches: Opening | None = None
    """What it answers where all that follows is asked for."""
    sent: int = 0

    def promise(self, path: str, sparse: Sparse, digest: Digest | None = None) -> None:
        """A large file that it has, or says it has."""
        digest = digest or Digest("d" * 64)
        file = File(FilePath(path), sparse.size, LfsPointer(digest, sparse.size).oid, digest)
        self.commits.setdefault("org/model", {}).setdefault(FIRST, {})[path] = (file, b"")
        self.heads["org/model"] = FIRST
        self.sparse[path] = sparse

    async def open(
        self, name: PackageName, commit: GitOid, file: File, start: int, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        self._ask(f"{'open' if end is None else 'glance'} {file.path}")
        told = self.fetches if end is None else self.glances
        pieces = told(file, start, end) if told else self._own(name, commit, file, start, end)
        async for piece in pieces:
            self.sent += len(piece)
            yield piece

    async def _own(
        self, name: PackageName, commit: GitOid, file: File, start: int, end: int | None
    ) -> AsyncGenerator[bytes, None]:
        sparse = self.sparse.get(file.path.text)
        if sparse is None:
            sparse = Sparse(file.size, ((0, self.commits[name.id][commit][file.path.text][1]),))
        stop = file.size if end is None else end
        for at in range(start, stop, 1 << 18):
            yield sparse.read(at, min(stop, at + (1 << 18)))


@asynccontextmanager
async def a_firewall(
    folder: Path, policy: str = NO_MALWARE, **settings: object
) -> AsyncIterator[tuple[Mischief, Registry]]:
    """The upstream, and the registry before it, where nothing malicious passes."""
    fake = Mischief()
    registry = make_registry(
        folder, upstream=lambda row: fake, **{"scanning": "on", "branch_seconds": 60.0, **settings}
    )
    with suppress(AlreadyExists):  # where it is not the first one on that folder
        add_repository(registry, KEY.text, Kind.REMOTE, upstream="http://upstream.example")
    apply_policy(registry, policy)
    try:
        yield fake, registry
    finally:
        await close_registry(registry)


def where(path: str, ref: str = "main") -> Locator:
    """The file of that path of the package."""
    return Locator(KEY, NAME, ref, FilePath(path))


async def ask(registry: Registry, path: str = "model.bin", door: Door = Door.FILE) -> Clearance:
    """The clearance for a file, for somebody who may read everything."""
    return await download(registry, where(path), READER, door)


async def take(clearance: Clearance, into: bytearray, start: int = 0, end: int | None = None) -> None:
    """Read a cleared file into something that still holds what came when it breaks off."""
    async for piece in clearance.open(start, clearance.file.size if end is None else end):
        into += piece
