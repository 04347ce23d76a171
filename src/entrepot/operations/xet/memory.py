"""What one process remembers between the requests of Xet clients; losing it costs a few reads."""

import asyncio

from entrepot.domain.content import File, Revision
from entrepot.domain.names import FilePath
from entrepot.operations.recent import Recent
from entrepot.repositories import Repository
from entrepot.xet.xorb import XorbIndex

INDEX_BYTES = 32 << 20
"""How much memory indexes of xorbs may take: those of some 50 GiB."""
LISTED_FILES = 200_000
"""How many files' hashes are remembered, in all listings together."""
SECONDS = 10.0
"""How long a place is taken for what it was; what a person changes takes effect after this long at the latest."""
OPEN_SECONDS = 60.0
"""How long a package counts as one that somebody would be given, while the law is the same: packages change."""
VERIFYING = 2
"""How many xorbs are verified at once: each takes a core, and up to 64 MiB of memory."""
READING = 2
"""How many shards are worked on at once: each takes a core, and much memory where it is large."""


Place = tuple[Repository, Revision, File]
"""A file where it stands: what the gate needs to know of it."""


class XetMemory:
    """Indexes of xorbs, hashes of listed files, places, and turns at heavy work."""

    def __init__(self) -> None:
        self.indexes: Recent[XorbIndex] = Recent(INDEX_BYTES, lambda index: 41 * len(index) + 500)
        self.listings: Recent[dict[str, tuple[FilePath, ...]]] = Recent(
            LISTED_FILES, lambda listing: sum(map(len, listing.values())), seconds=600
        )
        self.places: Recent[Place] = Recent(10_000, seconds=SECONDS)
        self.ranges: Recent[list[tuple[int, int]]] = Recent(100_000, lambda ranges: len(ranges) + 1, seconds=600)
        self.open_packages: Recent[bool] = Recent(10_000, seconds=OPEN_SECONDS)
        """Whether somebody would be given a package whose chunks were asked for, under the law of then."""
        self.verifying = asyncio.Semaphore(VERIFYING)
        self.reading = asyncio.Semaphore(READING)
