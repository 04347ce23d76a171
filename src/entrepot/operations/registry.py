"""The registry: what every operation is handed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from entrepot.blobs.staging import Staging
from entrepot.blobs.store import BlobStore
from entrepot.catalog import repositories
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import RepositoryRow
from entrepot.domain.digest import Digest
from entrepot.domain.names import FilePath, RepositoryKey
from entrepot.operations.attempts import Attempts
from entrepot.operations.firewall import Firewall
from entrepot.operations.flight import Flights
from entrepot.operations.recent import Recent
from entrepot.operations.signing import Signer
from entrepot.operations.usage import Usage
from entrepot.operations.xet.memory import LISTED_FILES, XetMemory
from entrepot.repositories import Parts, Repository, RepositoryKind
from entrepot.settings import Settings

REPOSITORY_SECONDS = 1.0
"""For how long a process goes on with how a repository was set up: every request asks, and it hardly ever changes."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The parts that operations work with; put together once, at the start."""

    settings: Settings
    database: Database
    blobs: BlobStore
    staging: Staging
    flights: Flights
    signer: Signer
    parts: Parts
    kinds: Mapping[str, RepositoryKind]
    usage: Usage
    firewall: Firewall
    xet: XetMemory = field(default_factory=XetMemory)
    attempts: Attempts = field(default_factory=Attempts)
    overviews: Recent[object] = field(default_factory=lambda: Recent(10_000))
    """What took a look at a lot and does not change, or not so soon."""
    large_files: Recent[Mapping[Digest, tuple[FilePath, ...]]] = field(
        default_factory=lambda: Recent(LISTED_FILES, len)
    )
    """Where the files of commits are that were lately asked for by digest; by package row, commit, and which files."""

    async def repository(self, key: RepositoryKey) -> Repository:
        """The repository of that key; raises `RepositoryNotFound`. Whether the caller may know of it is not asked."""
        known = self.parts.memory.noted(("repository", key))
        row = known if isinstance(known, RepositoryRow) else await self.database.read(repositories.find, key)
        if row is not known:
            self.parts.memory.note(("repository", key), row, REPOSITORY_SECONDS)
        return self.kinds[row.kind.value].build(row, self.parts)
